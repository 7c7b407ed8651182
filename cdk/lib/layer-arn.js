"use strict";

const { ARCHITECTURES, INTERPRETERS } = require("./choices");

const FORM = "arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:VERSION";
const PATTERN = /^arn:([a-z-]+):lambda:([a-z0-9-]+):(\d{12}):layer:([A-Za-z0-9_-]+):([1-9]\d*)$/;

/**
 * Takes the ARN of a layer's version apart.
 *
 * @param {string} setting what the user calls it
 * @param {unknown} text
 * @returns {{ region: string, layer: string, name: string }} `layer` is the ARN less the version
 */
function parse(setting, text) {
  const parts = typeof text === "string" ? PATTERN.exec(text) : null;
  if (!parts) {
    const given = JSON.stringify(text);
    throw new Error(`${setting} ${given} is not the ARN of a layer's version; it reads ${FORM}`);
  }
  return { region: parts[2], layer: text.slice(0, text.lastIndexOf(":")), name: parts[4] };
}

/**
 * Refuses an ARN that cannot serve such a function. Layers of other names than ours are taken as
 * they are: nothing tells what is in them.
 *
 * @param {string} setting what the user calls it
 * @param {string} arn
 * @param {string} name the layer that the function wants
 * @param {string | undefined} region where it is known
 */
function check(setting, arn, name, region) {
  const parts = parse(setting, arn);
  if (region && parts.region !== region) {
    throw new Error(
      `${setting} ${arn} is of the region ${parts.region}, the stack of ${region}; ` +
        "a function takes layers of its own region only",
    );
  }
  const ours = INTERPRETERS.flatMap((lua) => ARCHITECTURES.map((arch) => `${lua}-${arch}`));
  if (ours.includes(parts.name) && parts.name !== name) {
    throw new Error(
      `${setting} ${arn} is the layer ${parts.name}, but the function wants ${name}; ` +
        "change the ARN, or the function's interpreter and architecture",
    );
  }
}

module.exports = { check, parse };
