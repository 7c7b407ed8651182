"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { Fault } = require("./fault");
const { readEntries, readEntry } = require("./zip");

/** What an ELF file says of its processor. */
const MACHINES = Object.freeze({ 62: "x86_64", 183: "arm64" });

/**
 * Checks that a zip is a layer of ours for this architecture, and gives its absolute path.
 *
 * @param {string} setting the path as it was written
 * @param {string} serviceDir the folder that it is relative to
 * @param {string} where the setting
 * @param {string} architecture
 * @returns {string}
 */
function checkLayerZip(setting, serviceDir, where, architecture) {
  const file = path.resolve(serviceDir, setting);
  const machine = machineOf(bootstrapOf(file, where));
  if (machine !== architecture) {
    throw fault(
      `${where}: the bootstrap in ${file} is ${machine ? `for ${machine}` : "no Linux program"}, ` +
        `but the functions are ${architecture}; ` +
        `moonlayer layer build --arch ${architecture} makes the right one`,
    );
  }
  return file;
}

/**
 * The runtime in a layer's zip.
 *
 * @param {string} file
 * @param {string} where the setting
 * @returns {Buffer}
 */
function bootstrapOf(file, where) {
  if (!fs.existsSync(file)) {
    throw fault(`${where}: ${file} is not there; moonlayer layer build makes it`);
  }
  const entries = fs.statSync(file).isFile() ? readEntries(file) : null;
  if (!entries) throw fault(`${where}: ${file} is no zip; moonlayer layer build makes one`);
  const entry = entries.get("bootstrap");
  if (!entry) {
    throw fault(
      `${where}: ${file} has no bootstrap in its root, so it is no layer that runs Lua; ` +
        "moonlayer layer build makes one",
    );
  }
  try {
    return readEntry(file, entry);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw fault(`${where}: cannot read the bootstrap in ${file}: ${cause}; build it again`);
  }
}

/**
 * The architecture that a program is for, if it is one for Linux and we know it.
 *
 * @param {Buffer} program
 * @returns {string | undefined}
 */
function machineOf(program) {
  if (program.length < 20 || program.toString("latin1", 0, 4) !== "\x7fELF") return undefined;
  return Object.entries(MACHINES).find(([code]) => Number(code) === program.readUInt16LE(18))?.[1];
}

/**
 * @param {string} message
 * @returns {Error}
 */
function fault(message) {
  return new Fault("LAYER_ZIP", message);
}

module.exports = { bootstrapOf, checkLayerZip };
