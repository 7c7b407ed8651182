"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { Fault } = require("./fault");
const { isMap } = require("./settings");

/** @typedef {import("./functions").LuaFunction} LuaFunction */

/**
 * Leaves out of packages what no Lua function can use: node_modules, where Serverless and its
 * plugins lie, and the layer's own zip. A pattern of the user's that names node_modules, to keep
 * or to drop it, stands as it is.
 *
 * @param {Record<string, any>} service
 * @param {LuaFunction[]} functions the Lua functions
 * @param {string[]} zips the zips of layers
 * @param {string} serviceDir
 */
function leaveOut(service, functions, zips, serviceDir) {
  const drop = zips
    .map((zip) => path.relative(serviceDir, zip).split(path.sep).join("/"))
    .filter((zip) => !zip.startsWith("../") && !path.isAbsolute(zip))
    .map((zip) => `!${zip.replace(/[\\*?[\]{}()!+@|]/g, "\\$&")}`);
  service.package = service.package ?? {};
  if (!service.package.individually) {
    const shared = Object.values(service.functions).filter(
      (each) => isMap(each) && !each.image && !isAlone(each),
    );
    const allLua = shared.every((each) => functions.some(({ definition }) => definition === each));
    prepend(service.package, allLua ? ["!node_modules/**", ...drop] : drop, [service.package]);
  }
  for (const { definition } of functions) {
    // Where there is one, `deploy function` notes its zip in it, which checkHandlers then reads.
    definition.package = definition.package ?? {};
    if (!service.package.individually && !definition.package.individually) continue;
    const places = [service.package, definition.package];
    prepend(definition.package, ["!node_modules/**", ...drop], places);
  }
}

/**
 * Puts patterns before those that are there, which then have the last word.
 *
 * @param {Record<string, any>} target
 * @param {string[]} patterns
 * @param {Record<string, any>[]} places where the user may have written of node_modules
 */
function prepend(target, patterns, places) {
  const written = places.flatMap(({ patterns: some, include, exclude }) => [
    ...(Array.isArray(some) ? some : []),
    ...(Array.isArray(include) ? include : []),
    ...(Array.isArray(exclude) ? exclude : []),
  ]);
  const isNamed = written.some((pattern) => String(pattern).includes("node_modules"));
  const added = patterns.filter((each) => !(isNamed && each === "!node_modules/**"));
  const old = target.patterns ?? [];
  if (!Array.isArray(old)) return;
  const fresh = added.filter((each) => !old.includes(each));
  if (fresh.length > 0) target.patterns = [...fresh, ...old];
}

/**
 * Whether a function has a package of its own.
 *
 * @param {Record<string, any>} definition
 * @returns {boolean}
 */
function isAlone(definition) {
  return Boolean(definition.package?.individually || definition.package?.artifact);
}

/**
 * Checks that what will be deployed has the file of every handler: without it, each start of the
 * function fails.
 *
 * @param {Record<string, any>} service
 * @param {LuaFunction[]} functions
 * @param {string} serviceDir
 */
function checkHandlers(service, functions, serviceDir) {
  /** @type {Map<string, Map<string, unknown> | null>} */
  const read = new Map();
  for (const { name, definition, files } of functions) {
    if (definition.package?.disable) continue;
    const artifact = definition.package?.artifact ?? service.package?.artifact;
    if (typeof artifact !== "string" || /^(s3|https?):/.test(artifact)) continue;
    const file = path.resolve(serviceDir, artifact);
    if (!read.has(file)) read.set(file, listed(file));
    const entries = read.get(file);
    if (!entries || files.some((each) => entries.has(each))) continue;
    const there = files.some((each) => fs.existsSync(path.join(serviceDir, each)));
    throw new Fault(
      "HANDLER_MISSING",
      `functions.${name}.handler: "${definition.handler}" is ${files.join(" or ")}, and the ` +
        `package has no such file; ${
          there
            ? "it lies in the service, so change the patterns that leave it out"
            : "the path is seen from the service's folder"
        }`,
    );
  }
}

/**
 * @param {string} file
 * @returns {Map<string, unknown> | null}
 */
function listed(file) {
  if (!fs.existsSync(file)) return null;
  return require("./zip").readEntries(file);
}

module.exports = { checkHandlers, leaveOut };
