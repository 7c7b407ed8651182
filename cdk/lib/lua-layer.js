"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const { Aws, CfnMapping, Stack, Token, aws_lambda: lambda } = require("aws-cdk-lib");

const choices = require("./choices");
const layerArn = require("./layer-arn");
const versions = require("./versions");

// What a construct that functions share was made from.
const sources = new WeakMap();

/**
 * The layer that holds the runtime, one construct for all functions of a stack.
 *
 * @param {import("constructs").Construct} scope
 * @param {import("..").LuaLayerOptions} [options]
 * @returns {import("aws-cdk-lib").aws_lambda.ILayerVersion}
 */
function luaLayer(scope, options = {}) {
  const architecture = choices.architecture(options.architecture);
  const name = `${choices.interpreter(options.interpreter)}-${architecture}`;
  const given = ["layerArn", "layerZip", "versions"].filter((key) => options[key] !== undefined);
  if (given.length > 1) throw new Error(`${given.join(" and ")} are both given; keep one of them`);
  for (const key of given) {
    if (typeof options[key] === "string" && options[key] !== "") continue;
    throw new Error(`${key} is ${JSON.stringify(options[key])}; it is a string, not empty`);
  }
  const stack = Stack.of(scope);
  if (options.layerZip !== undefined) return fromZip(stack, name, architecture, options.layerZip);
  const arn = options.layerArn ?? fromVersions(stack, name, options.versions);
  if (!Token.isUnresolved(arn)) layerArn.check("layerArn", arn, name, concreteRegion(stack));
  return imported(stack, name, arn);
}

function imported(stack, name, layerVersionArn) {
  const digest = crypto.createHash("sha256").update(`${name} ${layerVersionArn}`).digest("hex");
  const attributes = { layerVersionArn, compatibleRuntimes: [lambda.Runtime.PROVIDED_AL2023] };
  return shared(stack, `${identifier(name)}${digest.slice(0, 16)}`, layerVersionArn, (id) =>
    lambda.LayerVersion.fromLayerVersionAttributes(stack, id, attributes),
  );
}

function fromVersions(stack, name, file) {
  const region = concreteRegion(stack);
  if (region) return versions.inRegion(name, region, file);
  // The region is known when the stack is deployed: CloudFormation looks the ARN up.
  const { arns } = versions.published(name, file);
  const mapping = Object.fromEntries(
    Object.entries(arns).map(([published, arn]) => [published, { arn }]),
  );
  const make = (id) => new CfnMapping(stack, id, { mapping });
  const map = shared(stack, `${identifier(name)}Arns`, JSON.stringify(mapping), make);
  return map.findInMap(Aws.REGION, "arn");
}

function fromZip(stack, name, architecture, zip) {
  const file = path.resolve(zip);
  if (!isZip(file)) {
    throw new Error(
      `layerZip ${zip} is not a zip; \`moonlayer layer build\` makes one and prints its path`,
    );
  }
  const make = (id) =>
    new lambda.LayerVersion(stack, id, {
      layerVersionName: name,
      description: "Lua for AWS Lambda",
      license: "MIT OR Apache-2.0",
      code: lambda.Code.fromAsset(file),
      compatibleRuntimes: [lambda.Runtime.PROVIDED_AL2023],
      compatibleArchitectures: [
        architecture === "arm64" ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      ],
    });
  return shared(stack, identifier(name), file, make);
}

function isZip(file) {
  let content;
  try {
    content = fs.readFileSync(file);
  } catch (error) {
    throw new Error(
      `cannot read layerZip ${file}: ${error.message}; ` +
        "`moonlayer layer build` makes the zip and prints its path",
    );
  }
  return content.subarray(0, 4).toString("latin1") === "PK\x03\x04";
}

/** The construct `id` of the stack, made where it is not there yet. */
function shared(stack, id, source, make) {
  const found = stack.node.tryFindChild(id);
  if (!found) {
    const made = make(id);
    sources.set(made, source);
    return made;
  }
  if (sources.get(found) === source) return found;
  throw new Error(
    `the stack ${stack.node.path} has ${id} from ${sources.get(found) ?? "elsewhere"} already; ` +
      `functions of one stack share it, so ${source} needs a stack of its own`,
  );
}

function concreteRegion(stack) {
  return Token.isUnresolved(stack.region) ? undefined : stack.region;
}

/** `lua-54-x86_64` as an identifier of CloudFormation, which takes letters and digits. */
const identifier = (name) =>
  `Moonlayer${name.replace(/(?:^|[-_])(\w)/g, (_, first) => first.toUpperCase())}`;

module.exports = { luaLayer };
