"use strict";

// Every configuration in docs/serverless.md and README.md packages as it stands.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const { NO_STACK, elf, endpoint, plugin, project, service } = require("./support");

/** The blocks of YAML on a page. */
function blocks(page) {
  const text = fs.readFileSync(page, "utf8");
  return [...text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => block);
}

/** A whole configuration: a fragment replaces what the last whole one says at the top. */
function whole(block, last) {
  const keys = (text) => text.split(/^(?=\S)/m);
  const own = keys(block);
  const names = own.map((part) => part.split(":")[0]);
  return [...keys(last).filter((part) => !names.includes(part.split(":")[0])), ...own].join("");
}

test("every configuration in the documentation packages", async (t) => {
  const cloud = await endpoint(t, () => NO_STACK);
  const pages = [path.join(project, "docs/serverless.md"), path.join(plugin, "README.md")];
  const found = pages.flatMap(blocks);
  assert.ok(found.length > 4, "the pages show configurations");
  let last = "";
  for (const block of found) {
    const text = whole(block, last);
    if (block.startsWith("service:")) last = block;
    const made = service(t, { "serverless.yml": text, "hello.lua": "return {}\n" });
    await made.zip("target/layer/lua-54-x86_64.zip", { bootstrap: elf(62) });
    const run = await made.run("osls", ["package"], { AWS_ENDPOINT_URL: cloud.url });
    assert.equal(run.status, 0, `${text}\n${run.all}`);
    const { Runtime: runtime, Layers: layers } = made.functions().Hello;
    assert.deepEqual([runtime, layers.length], ["provided.al2023", 1], text);
  }
});
