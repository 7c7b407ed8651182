"use strict";

const { Fault } = require("./fault");
const { LAYERS } = require("./runtimes");

const LAYER_VERSION =
  /^arn:(aws[a-z-]*):lambda:([a-z]+(?:-[a-z0-9]+)+):\d{12}:layer:([A-Za-z0-9_-]{1,140}):\d+$/;

/** Regions that are apart from all others, by the beginning of their names. */
const SEPARATE = Object.freeze([
  ["cn-", "aws-cn"],
  ["us-gov-", "aws-us-gov"],
]);

/**
 * Checks that Lambda would take this ARN for a function, so that a mistake shows before a deploy
 * has begun and not at its end.
 *
 * @param {string} arn
 * @param {object} use what it is for
 * @param {string} use.where the setting that it stands in
 * @param {string} use.region the region of the deployment
 * @param {string} use.layer the layer that is needed
 */
function checkArn(arn, { where, region, layer }) {
  const parts = LAYER_VERSION.exec(arn);
  if (!parts) throw fault(`${where}: ${malformed(arn)}`);
  const [, partition, arnRegion, name] = parts;
  const wanted = SEPARATE.find(([prefix]) => arnRegion.startsWith(prefix))?.[1];
  if (wanted ? partition !== wanted : SEPARATE.some(([, name]) => name === partition)) {
    throw fault(
      `${where}: "${arn}" has the partition ${partition}, of which ${arnRegion} is not; ` +
        "take the ARN as it was published",
    );
  }
  if (arnRegion !== region) {
    throw fault(
      `${where}: "${arn}" is a layer in ${arnRegion}, and Lambda takes only layers of the ` +
        `function's own region, ${region}; publish it there too ` +
        `(moonlayer layer publish --regions ${region}), or name the one that is there`,
    );
  }
  if (LAYERS.includes(name) && name !== layer) {
    throw fault(`${where}: "${arn}" is the layer ${name}, but ${layer} is needed`);
  }
}

/**
 * Says what is wrong with an ARN that is none.
 *
 * @param {string} arn
 * @returns {string}
 */
function malformed(arn) {
  const right = "arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION";
  if (arn.includes("${")) {
    return (
      `"${arn}" has a placeholder that nothing here replaces; for CloudFormation's own write ` +
      "!Sub before it"
    );
  }
  if (/:layer:[A-Za-z0-9_-]+:?$/.test(arn)) {
    return `"${arn}" names no version of the layer; put it at the end, as in ${right}`;
  }
  return `"${arn}" is not the ARN of a layer's version, which has the form ${right}`;
}

/**
 * The ARN without its version, by which Lambda tells layers apart; nothing if it is no ARN.
 *
 * @param {unknown} arn
 * @returns {string | null}
 */
function unversioned(arn) {
  if (typeof arn !== "string" || !LAYER_VERSION.test(arn)) return null;
  return arn.slice(0, arn.lastIndexOf(":"));
}

/**
 * @param {string} message
 * @returns {Error}
 */
function fault(message) {
  return new Fault("LAYER_ARN", message);
}

module.exports = { checkArn, unversioned };
