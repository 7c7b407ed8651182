"use strict";

// What the commands share.

const { Fault, didYouMean } = require("./fault");

/**
 * The Lua function that `--function` names.
 *
 * @param {import("./index")} plugin
 * @returns {import("./functions").LuaFunction}
 */
function functionOf({ serverless, functions, fault, options }) {
  const name = String(options.function);
  const found = functions.get(name);
  if (found) return found;
  if (fault && functions.size === 0) throw fault;
  const names = [...functions.keys()];
  const list = names.length > 0 ? names.join(", ") : "none";
  if (Object.hasOwn(serverless.service.functions, name)) {
    throw new Fault("FUNCTION", `functions.${name} does not run Lua; those that do: ${list}`);
  }
  throw new Fault(
    "FUNCTION",
    `there is no function "${name}"${didYouMean(name, names)}; those that run Lua: ${list}`,
  );
}

/**
 * Makes this the exit status of Serverless, which does not let a plugin say it.
 *
 * @param {number} status
 */
function exitWith(status) {
  if (status === 0) return;
  process.exitCode = status;
  process.once("exit", () => {
    process.exitCode = status;
  });
}

/**
 * Tells people something beside the result.
 *
 * @param {import("./index")} plugin
 * @param {string} text
 */
function warn({ log }, text) {
  if (log?.warning) log.warning(text);
  else process.stderr.write(`${text}\n`);
}

module.exports = { exitWith, functionOf, warn };
