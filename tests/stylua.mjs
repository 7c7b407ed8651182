// Formats the project's Lua files as stylua.toml says; with --check, names those that differ.
// StyLua comes as WebAssembly, which a package registry serves for every machine.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(join(project, "target/test-tools/"));
const stylua = require("@johnnymorganz/stylua");

// The settings that stylua.toml may hold, and the enumerations of those that name a choice.
const choices = {
  syntax: stylua.LuaVersion,
  indent_type: stylua.IndentType,
  call_parentheses: stylua.CallParenType,
  quote_style: stylua.QuoteStyle,
  line_endings: stylua.LineEndings,
  collapse_simple_statement: stylua.CollapseSimpleStatement,
};

const settings = [];
for (const line of readFileSync(join(project, "stylua.toml"), "utf8").split("\n")) {
  const setting = /^(\w+) = (?:"(\w+)"|(\d+))$/.exec(line);
  if (line.trim() === "" || line.startsWith("#")) continue;
  const [, name, word, number] = setting ?? [];
  const value = word === undefined ? Number(number) : choices[name]?.[word];
  if (value === undefined || Number.isNaN(value)) throw new Error(`stylua.toml: ${line}`);
  settings.push([name, value]);
}

// Each formatting uses its configuration up.
function configuration() {
  const config = stylua.Config.new();
  for (const [name, value] of settings) config[name] = value;
  return config;
}

// What git would commit, so neither what is built nor what is installed.
const git = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.lua"];
const listed = execFileSync("git", git, { cwd: project, encoding: "utf8" });
const foreign = /(^|\/)(lua_modules|node_modules)\//;
const files = listed.split("\0").filter((name) => name && !foreign.test(name));

const check = process.argv.includes("--check");
let failed = false;
for (const name of files) {
  const path = join(project, name);
  if (!existsSync(path)) continue; // removed, not committed yet
  const before = readFileSync(path, "utf8");
  try {
    const after = stylua.formatCode(before, configuration(), null, stylua.OutputVerification.Full);
    if (after === before) continue;
    if (!check) {
      writeFileSync(path, after);
      console.log(`formatted ${name}`);
      continue;
    }
    const lines = before.split("\n");
    const first = after.split("\n").findIndex((line, at) => line !== lines[at]);
    console.error(`${name}:${first + 1}: not formatted as stylua.toml says; \`make fmt\` does it`);
  } catch (error) {
    console.error(`${name}: ${error.message ?? error}`);
  }
  failed = true;
}
if (failed) process.exit(1);
