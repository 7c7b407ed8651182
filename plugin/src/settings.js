"use strict";

const { Fault, didYouMean } = require("./fault");
const { INTERPRETERS, LAYERS } = require("./runtimes");

/** The settings below `custom.lua`. */
const NAMES = Object.freeze(["layerArn", "layerZip", "versions", "tool", "bootstrap"]);

/**
 * An intrinsic function of CloudFormation, like `{ Ref: "LuaLayer" }`.
 *
 * @typedef {Record<string, unknown>} Intrinsic
 */

/**
 * `custom.lua`, checked. A setting by name holds only names that there are.
 *
 * @typedef {object} Settings
 * @property {string | Intrinsic | null} layerArn the ARN of the one layer that is used
 * @property {Record<string, string | Intrinsic>} layerArns ARNs by the layer's name
 * @property {string | null} layerZip the zip of the one layer that is used
 * @property {Record<string, string>} layerZips zips by the layer's name
 * @property {string | null} versions the path of a versions.json
 * @property {string} tool the program `moonlayer`
 * @property {string | null} bootstrap the runtime that `lua:invoke` starts
 * @property {Record<string, string>} bootstraps runtimes by interpreter
 */

/**
 * Whether a value is one that CloudFormation replaces.
 *
 * @param {unknown} value
 * @returns {value is Intrinsic}
 */
function isIntrinsic(value) {
  if (!isMap(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === "Ref" || keys[0].startsWith("Fn::"));
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks `custom.lua` and gives every setting a value.
 *
 * @param {unknown} lua what stands there, if anything
 * @returns {Settings}
 */
function readSettings(lua) {
  const given = lua ?? {};
  if (!isMap(given)) {
    throw fault(`custom.lua has to be a map of settings (${NAMES.join(", ")})`);
  }
  for (const name of Object.keys(given)) {
    if (!NAMES.includes(name)) {
      throw fault(
        `custom.lua has no setting "${name}"${didYouMean(name, NAMES)}; ` +
          `the settings are ${NAMES.join(", ")}`,
      );
    }
  }
  const arn = oneOrByName("layerArn", given.layerArn, LAYERS, true);
  const zip = oneOrByName("layerZip", given.layerZip, LAYERS, false);
  const bootstrap = oneOrByName("bootstrap", given.bootstrap, INTERPRETERS, false);
  return {
    layerArn: arn.one,
    layerArns: arn.byName,
    layerZip: /** @type {string | null} */ (zip.one),
    layerZips: /** @type {Record<string, string>} */ (zip.byName),
    versions: text("versions", given.versions),
    tool: text("tool", given.tool) ?? "moonlayer",
    bootstrap: /** @type {string | null} */ (bootstrap.one),
    bootstraps: /** @type {Record<string, string>} */ (bootstrap.byName),
  };
}

/**
 * @param {string} setting
 * @param {unknown} value
 * @returns {string | null}
 */
function text(setting, value) {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value.trim() !== "") return value;
  throw fault(`custom.lua.${setting} has to be a text that is not empty`);
}

/**
 * Reads a setting that is one value for all, or a map of values by name.
 *
 * @param {string} setting
 * @param {unknown} value
 * @param {readonly string[]} names the keys that the map may have
 * @param {boolean} intrinsics whether CloudFormation's functions will do
 * @returns {{one: string | Intrinsic | null, byName: Record<string, string | Intrinsic>}}
 */
function oneOrByName(setting, value, names, intrinsics) {
  if (intrinsics && isIntrinsic(value)) return { one: value, byName: {} };
  if (!isMap(value)) return { one: text(setting, value), byName: {} };
  /** @type {Record<string, string | Intrinsic>} */
  const byName = {};
  for (const [name, entry] of Object.entries(value)) {
    if (!names.includes(name)) {
      throw fault(
        `custom.lua.${setting} has no "${name}"${didYouMean(name, names)}; ` +
          `its names are ${names.join(", ")}`,
      );
    }
    if (intrinsics && isIntrinsic(entry)) byName[name] = entry;
    else byName[name] = text(`${setting}.${name}`, entry) ?? "";
    if (byName[name] === "") delete byName[name];
  }
  return { one: null, byName };
}

/**
 * @param {string} message
 * @returns {Error}
 */
function fault(message) {
  return new Fault("SETTINGS", message);
}

module.exports = { isIntrinsic, isMap, readSettings };
