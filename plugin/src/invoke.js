"use strict";

const { Fault } = require("./fault");
const { exitWith, functionOf, warn } = require("./command");
const { readSettings } = require("./settings");
const { bootstrapFor, runTool } = require("./tool");

/** What Serverless gives a function that says nothing of its own. */
const DEFAULT_TIMEOUT_S = 6;
const DEFAULT_MEMORY_MB = 1024;

/**
 * `lua:invoke`: one run of a function by the developer's tool, with its environment, timeout and
 * memory size. Its exit status becomes Serverless's.
 *
 * @param {import("./index")} plugin
 */
async function invoke(plugin) {
  const { serverless, options } = plugin;
  const { service, serviceDir } = serverless;
  const lua = functionOf(plugin);
  if (options.data !== undefined && options.path !== undefined) {
    throw new Fault("EVENT", "--data and --path both give the event; leave out one of them");
  }
  const settings = readSettings(service.custom?.lua);
  const { provider } = service;
  const args = ["invoke", lua.definition.handler, "--root", serviceDir];
  const { timeout, memorySize } = lua.definition;
  args.push("--timeout", String(timeout ?? provider.timeout ?? DEFAULT_TIMEOUT_S));
  args.push("--memory", String(memorySize ?? provider.memorySize ?? DEFAULT_MEMORY_MB));
  for (const [name, value] of Object.entries(environmentOf(plugin, lua))) {
    args.push("--env", `${name}=${value}`);
  }
  if (options.data !== undefined) args.push("-d", String(options.data));
  if (options.path !== undefined) args.push("-f", String(options.path));
  const bootstrap = bootstrapFor(lua, settings, serviceDir);
  if (bootstrap.file !== null) args.push("--bootstrap", bootstrap.file);
  const region = plugin.region();
  const shell = { ...process.env, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  try {
    exitWith(await runTool(settings.tool, args, shell));
  } finally {
    bootstrap.remove();
  }
}

/**
 * The function's variables. Those that only a deployment can fill are left out, with a word.
 *
 * @param {import("./index")} plugin
 * @param {import("./functions").LuaFunction} lua
 * @returns {Record<string, string>}
 */
function environmentOf(plugin, { name, definition, mode }) {
  const { environment } = plugin.serverless.service.provider;
  /** @type {Record<string, string>} */
  const plain = {};
  const unknown = [];
  const all = { ...environment, ...definition.environment };
  if (mode !== null) all.MOONLAYER_MODE = mode;
  for (const [key, value] of Object.entries(all)) {
    if (value === null || value === undefined) continue;
    if (typeof value === "object") unknown.push(key);
    else plain[key] = String(value);
  }
  if (unknown.length > 0) {
    const list = unknown.join(", ");
    warn(plugin, `functions.${name}: only a deployment knows ${list}, which is not set here`);
  }
  return plain;
}

module.exports = { invoke };
