"use strict";

// The files of the checkout that belong into the package: copied before it is packed, removed
// afterwards, so that no stale copy is ever read here.

const fs = require("node:fs");
const path = require("node:path");

const FILES = ["layer/versions.json", "LICENSE-MIT", "LICENSE-APACHE"];

for (const file of FILES) {
  const copy = path.join(__dirname, path.basename(file));
  if (process.argv[2] === "make") fs.copyFileSync(path.join(__dirname, "..", file), copy);
  else fs.rmSync(copy, { force: true });
}
