"use strict";

// What the package holds of the checkout around it: copied before npm packs, removed afterwards,
// so that a checkout has each of these files once.
const fs = require("node:fs");
const path = require("node:path");

const here = path.join(__dirname, "..");
const files = { "versions.json": "../layer", "LICENSE-MIT": "..", "LICENSE-APACHE": ".." };

for (const [name, folder] of Object.entries(files)) {
  const copy = path.join(here, name);
  if (process.argv.includes("--back")) {
    fs.rmSync(copy, { force: true });
  } else {
    fs.copyFileSync(path.join(here, folder, name), copy);
  }
}
