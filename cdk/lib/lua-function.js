"use strict";

const { Lazy, Token, aws_lambda: lambda } = require("aws-cdk-lib");

const choices = require("./choices");
const layerArn = require("./layer-arn");
const { luaCode } = require("./lua-code");
const { luaLayer } = require("./lua-layer");

const MOST_LAYERS = 5;

// The layers of each function in the order they were added. The base class adds some before the
// fields of this one would be there.
const inOrder = new WeakMap();

/** A function in Lua: `lambda.Function` with the runtime's layer before all others. */
class LuaFunction extends lambda.Function {
  /**
   * @param {import("constructs").Construct} scope
   * @param {string} id
   * @param {import("..").LuaFunctionProps} props
   */
  constructor(scope, id, props) {
    super(scope, id, named(scope, id, () => functionProps(scope, props ?? {})));
    // With the feature flag @aws-cdk/aws-lambda:recognizeLayerVersion the base class sorts layers
    // by name. Their order says whose file wins, and users write it down on purpose.
    const arns = () => inOrder.get(this).map((layer) => layer.layerVersionArn);
    this.node.defaultChild.layers = Lazy.list({ produce: arns });
  }

  /** @param {import("aws-cdk-lib").aws_lambda.ILayerVersion[]} layers */
  addLayers(...layers) {
    super.addLayers(...layers);
    inOrder.set(this, [...(inOrder.get(this) ?? []), ...layers]);
  }
}

function functionProps(scope, props) {
  const { interpreter, mode, layerArn: arn, layerZip, versions, exclude, ...rest } = props;
  if (rest.runtime !== undefined) {
    throw new Error(
      "runtime is always provided.al2023; leave it out, and choose the Lua by interpreter",
    );
  }
  const architecture = choices.architecture(rest.architecture);
  const source = { interpreter, architecture, layerArn: arn, layerZip, versions };
  const chosen = choices.mode(mode);
  const code = luaCode(rest.code, rest.handler, exclude);
  return {
    ...rest,
    runtime: lambda.Runtime.PROVIDED_AL2023,
    architecture:
      architecture === "arm64" ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
    code,
    environment: environment(rest.environment, chosen),
    layers: allLayers(luaLayer(scope, source), rest.layers ?? []),
  };
}

function environment(given, mode) {
  if (mode === undefined) return given;
  const already = given?.MOONLAYER_MODE;
  if (already !== undefined && already !== mode) {
    throw new Error(`mode is ${mode}, MOONLAYER_MODE in environment ${already}; keep one of them`);
  }
  return { ...given, MOONLAYER_MODE: mode };
}

/** Ours before the user's, once. */
function allLayers(ours, users) {
  const others = users.filter((layer) => !isSame(ours, layer));
  for (const layer of others) {
    const [mine, yours] = [ours, layer].map((each) => each.layerVersionArn);
    if (Token.isUnresolved(mine) || Token.isUnresolved(yours)) continue;
    if (!yours.startsWith(`${layerArn.parse("layerArn", mine).layer}:`)) continue;
    throw new Error(
      `layers has ${yours}, another version of the layer that is added by itself (${mine}); ` +
        "leave it out of layers, or name that version as layerArn",
    );
  }
  if (others.length >= MOST_LAYERS) {
    throw new Error(
      `layers has ${others.length} layers beside the one that holds the runtime; Lambda takes ` +
        `${MOST_LAYERS} in all, so join some of them`,
    );
  }
  return [ours, ...others];
}

const isSame = (one, other) =>
  one === other ||
  (!Token.isUnresolved(one.layerVersionArn) && one.layerVersionArn === other.layerVersionArn);

/** Puts the construct's path before what is wrong with it. */
function named(scope, id, make) {
  try {
    return make();
  } catch (error) {
    error.message = `${[scope.node.path, id].filter(Boolean).join("/")}: ${error.message}`;
    throw error;
  }
}

module.exports = { LuaFunction };
