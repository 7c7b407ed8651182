"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { Fault } = require("./fault");
const { isMap } = require("./settings");

/**
 * A layer that is published: its ARN, the SHA-256 of its zip, and Moonlayer's version.
 *
 * @typedef {{arn: string, sha256?: string, version?: string}} Published
 */

/**
 * The layers of a versions.json, by name, then by region.
 *
 * @typedef {object} Versions
 * @property {string} file the path, for people
 * @property {Record<string, Record<string, Published>>} layers
 */

/**
 * The file that comes with this package; in a checkout, the one that it is made of.
 *
 * @returns {string}
 */
function ownFile() {
  const packed = path.join(__dirname, "..", "versions.json");
  if (fs.existsSync(packed)) return packed;
  return path.join(__dirname, "..", "..", "layer", "versions.json");
}

/**
 * Reads and checks a versions.json.
 *
 * @param {string | null} setting `custom.lua.versions`
 * @param {string} serviceDir the folder that it is relative to
 * @returns {Versions}
 */
function readVersions(setting, serviceDir) {
  const file = setting === null ? ownFile() : path.resolve(serviceDir, setting);
  let text;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    const from = setting === null ? "which comes with the plugin" : "which custom.lua.versions names";
    throw fault(`cannot read ${file}, ${from}: ${cause}`, setting);
  }
  let content;
  try {
    content = JSON.parse(text);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw fault(`${file} is not JSON: ${cause}`, setting);
  }
  if (!isMap(content) || !isMap(content.layers)) {
    throw fault(`${file} has no "layers" by name`, setting);
  }
  for (const [layer, regions] of Object.entries(content.layers)) {
    if (!isMap(regions)) throw fault(`${file}: "${layer}" has to hold regions`, setting);
    for (const [region, entry] of Object.entries(regions)) {
      if (!isMap(entry) || typeof entry.arn !== "string") {
        throw fault(`${file}: "${layer}" has no "arn" for ${region}`, setting);
      }
    }
  }
  return { file, layers: /** @type {Versions["layers"]} */ (content.layers) };
}

/**
 * @param {string} message
 * @param {string | null} setting
 * @returns {Error}
 */
function fault(message, setting) {
  const remedy =
    setting === null
      ? "install the package again"
      : "moonlayer layer publish writes such a file, layer/versions.json";
  return new Fault("VERSIONS", `${message}; ${remedy}`);
}

module.exports = { readVersions };
