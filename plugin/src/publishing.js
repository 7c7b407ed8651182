"use strict";

const path = require("node:path");

const { Fault } = require("./fault");
const { ARCHITECTURES, LAMBDA_RUNTIME } = require("./runtimes");

/**
 * Adds the zips of `custom.lua.layerZip` to the service's `layers`, as Serverless knows them.
 *
 * @param {import("./index")} plugin
 */
function publishZips({ serverless, zips }) {
  const { service } = serverless;
  service.layers = service.layers ?? {};
  const stage = serverless.getProvider("aws").getStage();
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const { name, zip = "", from } of zips.values()) {
    const base = path.basename(zip);
    const other = files.get(base) ?? zip;
    if (other !== zip) {
      throw new Fault(
        "LAYER_ZIP",
        `${from}: ${zip} and ${other} have one file name, by which Serverless uploads them; ` +
          "rename one",
      );
    }
    files.set(base, zip);
    const there = service.layers[name];
    if (there && there.package?.artifact !== zip) {
      throw new Fault(
        "LAYER_ZIP",
        `layers.${name} is the name of the layer that ${from} makes; rename yours, or have the ` +
          "functions use it: custom.lua.layerArn takes a !Ref",
      );
    }
    service.layers[name] = there ?? {
      name: `${service.service}-${stage}-${name}`,
      description: `Lua for AWS Lambda (${name})`,
      licenseInfo: "MIT OR Apache-2.0",
      compatibleRuntimes: [LAMBDA_RUNTIME],
      compatibleArchitectures: ARCHITECTURES.filter((each) => name.endsWith(`-${each}`)),
      package: { artifact: zip },
    };
  }
}

module.exports = { publishZips };
