"use strict";

/**
 * A mistake of the user's that a message can set right.
 *
 * The name is what Serverless knows its own errors of users by: it then prints the message alone,
 * without a stack. `code` is the same for every fault of a kind.
 */
class Fault extends Error {
  /**
   * @param {string} code
   * @param {string} message the cause, then the remedy
   */
  constructor(code, message) {
    super(message);
    this.name = "ServerlessError";
    this.code = `MOONLAYER_${code}`;
  }
}

/**
 * Says which of the known words was probably meant: ` (did you mean "lua-54"?)`, or nothing.
 *
 * @param {string} word
 * @param {readonly string[]} known
 * @returns {string}
 */
function didYouMean(word, known) {
  const small = word.toLowerCase();
  const begun = small === "" ? undefined : known.find((name) => name.startsWith(small));
  const near = known
    .map((name) => ({ name, steps: distance(small, name.toLowerCase()) }))
    .filter(({ steps }) => steps <= 3)
    .sort((one, other) => one.steps - other.steps);
  const meant = begun ?? near[0]?.name;
  return meant === undefined ? "" : ` (did you mean "${meant}"?)`;
}

/**
 * The letters to add, drop or change to make one word of the other.
 *
 * @param {string} one
 * @param {string} other
 * @returns {number}
 */
function distance(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[other.length];
}

module.exports = { Fault, didYouMean };
