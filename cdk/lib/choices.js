"use strict";

// The words that a user chooses from.
const INTERPRETERS = ["lua-54", "luajit-21"];
const ARCHITECTURES = ["x86_64", "arm64"];
const MODES = ["function", "web", "console"];

/**
 * Gives `value`, or `otherwise` where there is none, when it is one of `choices`.
 *
 * @param {string} name what the user calls the setting
 * @param {unknown} value
 * @param {string[]} choices
 * @param {string} [otherwise]
 * @returns {string | undefined}
 */
function choice(name, value, choices, otherwise) {
  if (value === undefined) return otherwise;
  if (choices.includes(/** @type {string} */ (value))) return /** @type {string} */ (value);
  throw new Error(`unknown ${name} ${JSON.stringify(value)}; it is one of ${choices.join(", ")}`);
}

/**
 * @param {unknown} value
 * @returns {string} `lua-54` unless given
 */
const interpreter = (value) => choice("interpreter", value, INTERPRETERS, "lua-54");

/**
 * @param {unknown} value a word, or the CDK's `lambda.Architecture`
 * @returns {string} `x86_64` unless given
 */
function architecture(value) {
  const name = /** @type {{ name?: string }} */ (value)?.name ?? value;
  return choice("architecture", name, ARCHITECTURES, "x86_64");
}

/**
 * @param {unknown} value
 * @returns {string | undefined}
 */
const mode = (value) => choice("mode", value, MODES);

module.exports = { INTERPRETERS, ARCHITECTURES, architecture, interpreter, mode };
