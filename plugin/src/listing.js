"use strict";

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
  const uses = plugin.present().map(({ name, layer }) => {
    const { arn, zip, from } = layers.find(layer);
    const value = typeof arn === "object" ? JSON.stringify(arn) : (arn ?? zip ?? "");
    return [name, layer, value, `from ${from}`];
  });
  if (plugin.fault) lines.push(`  ${plugin.fault instanceof Error ? plugin.fault.message : ""}`);
  else lines.push(...(uses.length > 0 ? table(uses) : ["  none that runs Lua"]));
  process.stdout.write(`${lines.join("\n")}\n`);
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
