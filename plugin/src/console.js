"use strict";

const { exitWith, functionOf } = require("./command");
const { Fault } = require("./fault");
const { modeOf } = require("./functions");

/** Lambda's own limit, which an answer can take, and a little for the way. */
const LONGEST_S = 900;
const PATIENCE_S = 30;
/** Serverless's, where a function says nothing. */
const DEFAULT_TIMEOUT_S = 6;

/**
 * An answer of Lambda's.
 *
 * @typedef {{FunctionError?: string, Payload?: string | Uint8Array}} Reply
 */

/**
 * `lua:cli`: runs a console function in AWS with arguments, prints its output, and ends with its
 * exit status.
 *
 * @param {import("./index")} plugin
 */
async function runConsole(plugin) {
  const { serverless, options } = plugin;
  const { service } = serverless;
  const lua = functionOf(plugin);
  const { name, definition } = lua;
  const mode = modeOf(service, definition, lua.mode);
  if (mode !== "console") {
    throw new Fault(
      "CONSOLE",
      `functions.${name} is no console function (its mode is ${JSON.stringify(mode)}); its ` +
        `runtime has to be ${lua.runtime.interpreter}-console`,
    );
  }
  const timeout = Number(definition.timeout ?? service.provider.timeout ?? DEFAULT_TIMEOUT_S);
  const seconds = Math.min(Number.isFinite(timeout) ? timeout : LONGEST_S, LONGEST_S) + PATIENCE_S;
  // A space is no argument either, and Serverless takes an empty text for no event at all.
  const data = String(options.args ?? "") || " ";
  const reply = await invokeFunction(plugin, definition, data, seconds);
  const { output, status, complaint } = read(reply, name);
  await write(process.stdout, output);
  await write(process.stderr, complaint);
  exitWith(status);
}

/**
 * Invokes a function through Serverless, which has the credentials.
 *
 * @param {import("./index")} plugin
 * @param {Record<string, any>} definition
 * @param {string} data the event, a text
 * @param {number} seconds how long an answer may take
 * @returns {Promise<Reply>}
 */
async function invokeFunction({ serverless, options }, definition, data, seconds) {
  const provider = serverless.getProvider("aws");
  // A script must not run twice because its answer was slow to come: the SDKs wait for two minutes
  // and then ask again. AWS_CLIENT_TIMEOUT is read when a client is made, or was read before.
  process.env.AWS_CLIENT_TIMEOUT = String(seconds * 1000);
  if (typeof provider.getAwsSdkV3Config !== "function") {
    provider.sdk?.config?.update?.({
      maxRetries: 0,
      httpOptions: { ...provider.sdk.config.httpOptions, timeout: seconds * 1000 },
    });
    return provider.request("Lambda", "invoke", {
      FunctionName: definition.name,
      Payload: JSON.stringify(data),
    });
  }
  // osls has no request of its own any more, so the command `invoke` makes it.
  const command = serverless.pluginManager.plugins.find(
    (/** @type {any} */ each) => each.hooks?.["invoke:invoke"] && typeof each.invoke === "function",
  );
  if (!command) throw new Fault("CONSOLE", "this version of Serverless has no command invoke");
  const once = Object.create(command, {
    options: { value: { ...options, functionObj: definition, data } },
  });
  return once.invoke();
}

/**
 * Reads the answer of a console function.
 *
 * @param {Reply} reply
 * @param {string} name
 * @returns {{output: string, status: number, complaint: string}}
 */
function read(reply, name) {
  const text = Buffer.from(/** @type {any} */ (reply.Payload ?? "")).toString("utf8");
  /** @type {any} */
  let answer = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // Said below, with what came.
  }
  if (reply.FunctionError) {
    const { errorType = reply.FunctionError, errorMessage = text, stackTrace = [] } = answer ?? {};
    if (errorType === "CommandFailed") return { output: errorMessage, status: 1, complaint: "" };
    const lines = [`${errorType}: ${errorMessage}`, ...[stackTrace].flat().map((at) => `  ${at}`)];
    return { output: "", status: 1, complaint: `${lines.join("\n")}\n` };
  }
  if (typeof answer?.output !== "string" || !Number.isInteger(answer.exitCode)) {
    throw new Fault(
      "CONSOLE",
      `functions.${name} answered as no console function does: ${text.slice(0, 200)}; deploy it ` +
        "with this configuration first",
    );
  }
  return { output: answer.output, status: answer.exitCode, complaint: "" };
}

/**
 * Writes all of a text: an exit right after it must not cut a pipe short.
 *
 * @param {NodeJS.WriteStream} stream
 * @param {string} text
 * @returns {Promise<void>}
 */
function write(stream, text) {
  return new Promise((resolve) => {
    if (text === "") resolve();
    else stream.write(text, () => resolve());
  });
}

module.exports = { runConsole };
