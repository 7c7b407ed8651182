"use strict";

const { Fault } = require("./fault");
const { LAYERS } = require("./runtimes");
const { readVersions } = require("./versions");

/**
 * `lua:layers`: what is published, region by region, and what each function of the service gets.
 *
 * @param {import("./index")} plugin
 */
function list(plugin) {
  const layers = plugin.layers();
  const { file, layers: published } = readVersions(layers.settings.versions, layers.serviceDir);
  const rows = LAYERS.flatMap((name) =>
    Object.entries(published[name] ?? {})
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([region, { arn, version = "" }]) => [region, name, version, arn]),
  );
  const lines = [`published, by ${file}:`];
  lines.push(...(rows.length > 0 ? table(rows) : ["  none; moonlayer layer publish does it"]));
  lines.push("", `functions in ${layers.region}:`);
  const uses = plugin.present().map(({ name, layer }) => [name, layer, ...origin(layers, layer)]);
  if (uses.length > 0) lines.push(...table(uses));
  else if (!plugin.fault) lines.push("  none that runs Lua");
  process.stdout.write(`${lines.join("\n")}\n`);
  // The list is what helps to set it right, so it comes first.
  if (plugin.fault) throw plugin.fault;
}

/**
 * What a function gets for a layer, and who says so.
 *
 * @param {ReturnType<import("./index")["layers"]>} layers
 * @param {string} name
 * @returns {string[]}
 */
function origin(layers, name) {
  try {
    const { arn, zip, from } = layers.find(name);
    return [typeof arn === "object" ? JSON.stringify(arn) : (arn ?? zip ?? ""), `from ${from}`];
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return ["none", ""];
  }
}

/**
 * Lines of columns that stand below each other.
 *
 * @param {string[][]} rows
 * @returns {string[]}
 */
function table(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => row[at].length)));
  return rows.map((row) => {
    const cells = row.map((cell, at) => cell.padEnd(widths[at]));
    return `  ${cells.join("  ")}`.trimEnd();
  });
}

module.exports = { list };
