"use strict";

const { unversioned } = require("./arn");
const { Fault } = require("./fault");
const { handlerFiles } = require("./handler");
const { LAMBDA_RUNTIME, isLua, parseArchitecture, parseRuntime } = require("./runtimes");
const { isMap } = require("./settings");

/** @typedef {import("./layers").Layer} Layer */
/** @typedef {import("./runtimes").Runtime} Runtime */

/** What Lambda takes for one function, ours included. */
const MOST_LAYERS = 5;

/**
 * A Lua function of the service, as it was written.
 *
 * @typedef {object} LuaFunction
 * @property {string} name its key below `functions`
 * @property {Record<string, any>} definition
 * @property {Runtime} runtime
 * @property {string} architecture
 * @property {string} layer the name of the layer that it needs
 * @property {string | null} mode the MOONLAYER_MODE that is to be set
 * @property {string[]} files where its handler may lie, below the package's root
 */

/**
 * The functions that run Lua. Images, and functions of other runtimes, are not among them.
 *
 * @param {Record<string, any>} service Serverless's `service`
 * @returns {LuaFunction[]}
 */
function luaFunctions(service) {
  const found = [];
  for (const [name, definition] of Object.entries(service.functions ?? {})) {
    if (!isMap(definition) || definition.image) continue;
    const own = definition.runtime ?? null;
    const written = own ?? service.provider.runtime;
    if (!isLua(written)) continue;
    const here = `functions.${name}`;
    const runtime = parseRuntime(written, own === null ? "provider.runtime" : `${here}.runtime`);
    const architecture = parseArchitecture(
      definition.architecture ?? service.provider.architecture ?? "x86_64",
      definition.architecture == null ? "provider.architecture" : `${here}.architecture`,
    );
    const mode = modeToSet(service, name, definition, runtime.mode, own !== null);
    found.push({
      name,
      definition,
      runtime,
      architecture,
      layer: `${runtime.interpreter}-${architecture}`,
      mode,
      files: handlerFiles(definition.handler, `${here}.handler`, modeOf(service, definition, mode)),
    });
  }
  return found;
}

/**
 * The names of functions by the layer that they need.
 *
 * @param {LuaFunction[]} functions
 * @returns {Map<string, string[]>}
 */
function neededLayers(functions) {
  /** @type {Map<string, string[]>} */
  const needed = new Map();
  for (const { name, layer } of functions) {
    needed.set(layer, [...(needed.get(layer) ?? []), name]);
  }
  return needed;
}

/**
 * The layers of a function with ours as the first: the user's own after it, which are the
 * provider's where the function has none.
 *
 * @param {LuaFunction} lua
 * @param {Record<string, any>} provider
 * @param {unknown} ours what stands for our layer
 * @returns {unknown[]}
 */
function layersWith(lua, provider, ours) {
  const here = `functions.${lua.name}.layers`;
  const users = lua.definition.layers || provider.layers || [];
  if (!Array.isArray(users)) throw new Fault("LAYERS", `${here} has to be a list of layers`);
  const same = JSON.stringify(ours);
  const others = users.filter((layer) => JSON.stringify(layer) !== same);
  const arn = unversioned(ours);
  const other = arn === null ? undefined : others.find((each) => unversioned(each) === arn);
  if (other) {
    throw new Fault(
      "TWO_VERSIONS",
      `${here}: ${other} is another version of the layer ${ours}, which comes from ` +
        "runtime, and Lambda refuses two versions of one; leave it out of the list, or name it " +
        "in custom.lua.layerArn",
    );
  }
  if (others.length >= MOST_LAYERS) {
    throw new Fault(
      "TOO_MANY_LAYERS",
      `${here}: with the Lua layer these are ${others.length + 1} layers, and Lambda takes ` +
        `${MOST_LAYERS} for a function; put some of yours together`,
    );
  }
  return [ours, ...others];
}

/**
 * Makes the function one that Lambda knows.
 *
 * @param {LuaFunction} lua
 * @param {unknown[]} layers
 */
function rewrite({ definition, mode }, layers) {
  definition.runtime = LAMBDA_RUNTIME;
  definition.layers = layers;
  if (mode !== null) definition.environment = { ...definition.environment, MOONLAYER_MODE: mode };
}

/**
 * The mode to set for the runtime's suffix. What is closer to the function wins, so a provider's
 * runtime does not replace the function's own variable; at the same place they must agree.
 *
 * @param {Record<string, any>} service
 * @param {string} name
 * @param {Record<string, any>} definition
 * @param {string | null} suffix
 * @param {boolean} isOwn whether the runtime stands in the function
 * @returns {string | null}
 */
function modeToSet(service, name, definition, suffix, isOwn) {
  if (suffix === null) return null;
  const functions = definition.environment?.MOONLAYER_MODE ?? null;
  const providers = service.provider.environment?.MOONLAYER_MODE ?? null;
  if (!isOwn && functions !== null) return null;
  const other = isOwn ? functions : providers;
  if (other !== null && other !== suffix) {
    const place = isOwn ? `functions.${name}` : "provider";
    throw new Fault(
      "MODE",
      `${place}: the runtime says MOONLAYER_MODE=${suffix}, its environment ` +
        `${JSON.stringify(other)}; leave out one of them`,
    );
  }
  return suffix;
}

/**
 * The mode that a function will run in.
 *
 * @param {Record<string, any>} service
 * @param {Record<string, any>} definition
 * @param {string | null} mode the one that is to be set
 * @returns {unknown}
 */
function modeOf(service, definition, mode) {
  const environment = { ...service.provider.environment, ...definition.environment };
  return mode ?? environment.MOONLAYER_MODE ?? "function";
}

module.exports = { layersWith, luaFunctions, modeOf, neededLayers, rewrite };
