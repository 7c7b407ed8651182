"use strict";

const fs = require("node:fs");
const path = require("node:path");

const layerArn = require("./layer-arn");

const REMEDY =
  "a layer has to be published first, by `moonlayer layer publish` (to your own account); " +
  "or name an ARN (layerArn) or a zip (layerZip)";

/** The copy in the package; in a checkout, the one that the copy is made from. */
function own() {
  const copy = path.join(__dirname, "../versions.json");
  return fs.existsSync(copy) ? copy : path.join(__dirname, "../../layer/versions.json");
}

/**
 * The ARNs of one layer by region, as a versions.json has them.
 *
 * @param {string} name the layer, such as `lua-54-x86_64`
 * @param {string} [file] the package's own unless given
 * @returns {{ file: string, arns: Record<string, string> }} never empty
 */
function published(name, file = own()) {
  const regions = read(file)[name];
  if (!regions || Object.keys(regions).length === 0) {
    throw new Error(`${file} has no layer ${name}; ${REMEDY}`);
  }
  const arns = {};
  for (const region of Object.keys(regions).sort()) {
    const arn = regions[region]?.arn;
    layerArn.check(`${file}: the arn of ${name} in ${region},`, arn, name, region);
    arns[region] = arn;
  }
  return { file, arns };
}

/**
 * The ARN of a layer in one region.
 *
 * @param {string} name
 * @param {string} region
 * @param {string} [file]
 * @returns {string}
 */
function inRegion(name, region, file) {
  const found = published(name, file);
  if (Object.hasOwn(found.arns, region)) return found.arns[region];
  const known = Object.keys(found.arns).join(", ");
  throw new Error(`${found.file} has ${name} in ${known}, not in ${region}; ${REMEDY}`);
}

function read(file) {
  let text;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`cannot read versions ${file}: ${error.message}`);
  }
  let layers;
  try {
    layers = JSON.parse(text)?.layers;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error.message}; ${WRITTEN}`);
  }
  if (layers === null || typeof layers !== "object" || Array.isArray(layers)) {
    throw new Error(`${file} has no object "layers"; ${WRITTEN}`);
  }
  return layers;
}

const WRITTEN = "name the versions.json that `moonlayer layer publish` wrote";

module.exports = { REMEDY, inRegion, published };
