"use strict";

const { Fault, didYouMean } = require("./fault");
const { DEFAULT_REGION, Layers } = require("./layers");
const { INTERPRETERS, LAYERS, parseArchitecture } = require("./runtimes");
const { readSettings } = require("./settings");

/**
 * Answers a variable of ours: `layer.` and a layer's name, or an interpreter's for the layer of
 * the provider's architecture.
 *
 * @param {import("./index")} plugin
 * @param {object} request
 * @param {string | null} [request.address] what stands behind `lua:`
 * @param {Record<string, any>} [request.options] what the command line says
 * @param {(path: string[]) => Promise<any>} request.resolveConfigurationProperty
 * @returns {Promise<{value: unknown}>}
 */
async function resolve(plugin, { address, options, resolveConfigurationProperty: property }) {
  const [, asked] = /^layer\.(.+)$/.exec(address ?? "") ?? [];
  const names = [...INTERPRETERS, ...LAYERS];
  if (asked === undefined || !names.includes(asked)) {
    throw new Fault(
      "VARIABLE",
      `there is no \${lua:${address ?? ""}}${didYouMean(asked ?? "", names)}; there are ` +
        names.map((name) => `\${lua:layer.${name}}`).join(", "),
    );
  }
  let name = asked;
  if (INTERPRETERS.includes(asked)) {
    const architecture = (await property(["provider", "architecture"])) ?? "x86_64";
    name = `${asked}-${parseArchitecture(architecture, "provider.architecture")}`;
  }
  const region =
    options?.region || plugin.options.region || (await property(["provider", "region"]));
  const layers = new Layers(readSettings(await property(["custom", "lua"])), {
    region: region || DEFAULT_REGION,
    serviceDir: plugin.serverless.serviceDir,
  });
  const layer = layers.find(name);
  return { value: layer.arn ?? plugin.reference(layer) };
}

module.exports = { resolve };
