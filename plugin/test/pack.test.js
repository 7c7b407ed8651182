"use strict";

// The package as people get it.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const { arn, config, execute, plugin, project, service } = require("./support");

test("the packed plugin holds what it needs, installs, and packages a service", async (t) => {
  const made = service(t, {
    "package.json": { name: "fresh", private: true },
    "serverless.yml": config({
      provider: { runtime: "lua-54" },
      custom: { lua: { layerArn: arn("lua-54-x86_64") } },
      functions: { hello: { handler: "hello.handler" } },
    }),
    "hello.lua": "return { handler = function() return 1 end }\n",
  });
  fs.rmSync(path.join(made.dir, "node_modules"), { recursive: true });
  const npm = (args, cwd) =>
    execute("npm", [...args, "--offline", "--no-audit", "--no-fund"], cwd, {
      PATH: process.env.PATH,
      HOME: made.home,
      npm_config_update_notifier: "false",
    });
  const packed = await npm(["pack", "--json", "--pack-destination", made.home], plugin);
  assert.equal(packed.status, 0, packed.all);
  const { filename: file, files } = JSON.parse(packed.stdout.slice(packed.stdout.indexOf("[")))[0];
  const sources = fs.readdirSync(path.join(plugin, "src")).map((name) => `src/${name}`);
  assert.deepEqual(
    files.map((each) => each.path).sort(),
    ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "package.json", ...sources, "versions.json"],
  );
  for (const copy of ["versions.json", "LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.ok(!fs.existsSync(path.join(plugin, copy)), `${copy} is left behind`);
  }
  const installed = await npm(["install", path.join(made.home, file)], made.dir);
  assert.equal(installed.status, 0, installed.all);
  const there = path.join(made.dir, "node_modules/serverless-moonlayer");
  const read = (name) => fs.readFileSync(name, "utf8");
  const versions = read(path.join(project, "layer/versions.json"));
  assert.equal(read(path.join(there, "versions.json")), versions);
  const manifest = JSON.parse(read(path.join(there, "package.json")));
  assert.equal(manifest.dependencies, undefined);
  const cargo = read(path.join(project, "Cargo.toml"));
  assert.equal(manifest.version, /^version = "(.+)"$/m.exec(cargo)[1]);
  const run = await made.run("serverless", ["package"]);
  assert.equal(run.status, 0, run.all);
  assert.deepEqual(made.functions().Hello.Layers, [arn("lua-54-x86_64")]);
  assert.deepEqual(await made.entries(".serverless/demo.zip"), [
    "hello.lua",
    "package-lock.json",
    "package.json",
  ]);
  // Only now: it has nothing but its own copy, and that one knows of no layer yet.
  const nowhere = { runtime: "lua-54", region: "xx-none-1" };
  const functions = { hello: { handler: "hello.handler" } };
  made.write("serverless.yml", config({ provider: nowhere, functions }));
  const none = await made.run("serverless", ["package"]);
  assert.equal(none.status, 1);
  const shown = none.all.replace(/\s+/g, " ");
  assert.match(shown, /node_modules\/serverless-moonlayer\/versions\.json\. A layer has to/);
});
