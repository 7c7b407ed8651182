"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { Fault } = require("./fault");

/** @typedef {import("./functions").LuaFunction} LuaFunction */
/** @typedef {import("./settings").Settings} Settings */

/** How people and supervisors end a program. @type {readonly NodeJS.Signals[]} */
const SIGNALS = Object.freeze(["SIGINT", "SIGTERM", "SIGHUP"]);
/** The interpreter that the tool has in it. */
const IN_THE_TOOL = "lua-54";
/**
 * Our names of the architectures by those of node.
 *
 * @type {Readonly<Record<string, string>>}
 */
const ARCHITECTURES = Object.freeze({ x64: "x86_64", arm64: "arm64" });

/**
 * Runs the developer's tool to its end, on our own stdin, stdout and stderr. A signal that would end
 * us ends the tool, which says what became of the function, and then us by its exit status.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string | undefined>} environment
 * @returns {Promise<number>} its exit status
 */
function runTool(program, args, environment) {
  const { spawn } = require("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", env: environment });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => void child.kill(signal);
    for (const each of SIGNALS) process.on(each, pass);
    const end = () => {
      for (const each of SIGNALS) process.off(each, pass);
    };
    child.on("error", (error) => {
      end();
      reject(notStarted(program, error));
    });
    child.on("close", (status, signal) => {
      end();
      resolve(status ?? 128 + (signal ? os.constants.signals[signal] : 0));
    });
  });
}

/**
 * @param {string} program
 * @param {NodeJS.ErrnoException} error
 * @returns {Error}
 */
function notStarted(program, error) {
  const cause = error.code === "ENOENT" ? "there is no such program" : error.message;
  return new Fault(
    "TOOL",
    `cannot run ${program}: ${cause}; the tool installs by cargo install --path cli in a ` +
      "checkout of Moonlayer, and custom.lua.tool names it where it is not on the PATH",
  );
}

/**
 * The runtime to start for this function in place of the tool's own, if one is needed: the one of
 * `custom.lua.bootstrap`, else that in the zip of `custom.lua.layerZip` for this machine.
 *
 * @param {LuaFunction} lua
 * @param {Settings} settings
 * @param {string} serviceDir
 * @returns {{file: string | null, remove: () => void}}
 */
function bootstrapFor({ name, runtime: { interpreter } }, settings, serviceDir) {
  const given = settings.bootstrap ?? settings.bootstraps[interpreter];
  if (given !== undefined) {
    const file = path.resolve(serviceDir, given);
    if (!fs.existsSync(file)) {
      throw new Fault("BOOTSTRAP", `custom.lua.bootstrap: ${file} is not there`);
    }
    return { file, remove: () => {} };
  }
  if (interpreter === IN_THE_TOOL) return { file: null, remove: () => {} };
  const machine = ARCHITECTURES[os.arch()] ?? os.arch();
  const layer = `${interpreter}-${machine}`;
  const zip = settings.layerZips[layer];
  if (zip === undefined) {
    throw new Fault(
      "BOOTSTRAP",
      `functions.${name}: the tool runs ${IN_THE_TOOL} by itself, and ${interpreter} by a ` +
        `bootstrap of it: name one in custom.lua.bootstrap.${interpreter}, or the zip of ` +
        `moonlayer layer build in custom.lua.layerZip.${layer}`,
    );
  }
  const { bootstrapOf } = require("./layer-zip");
  const where = `custom.lua.layerZip.${layer}`;
  const program = bootstrapOf(path.resolve(serviceDir, zip), where);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "moonlayer-"));
  const file = path.join(folder, "bootstrap");
  fs.writeFileSync(file, program, { mode: 0o755 });
  return { file, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

module.exports = { bootstrapFor, runTool };
