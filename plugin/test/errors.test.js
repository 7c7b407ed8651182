"use strict";

// What is wrong is said before anything is deployed, with the remedy, by the real frameworks.

const assert = require("node:assert/strict");
const path = require("node:path");
const test = require("node:test");

const { arn, config, elf, frameworks, plugin, service } = require("./support");

const ARN = arn("lua-54-x86_64");
const HANDLER = "return { handler = function() return 1 end }\n";
const lua = (settings) => ({ custom: { lua: settings } });
const hello = (more) => ({ functions: { hello: { handler: "hello.handler", ...more } } });
const LUA = { provider: { runtime: "lua-54" } };

/** By what is wrong: the configuration, and what is said. */
const MISTAKES = {
  "a runtime that is misspelled": [
    { ...hello({ runtime: "lua54" }), ...lua({ layerArn: ARN }) },
    'functions.hello.runtime: there is no runtime "lua54" (did you mean "lua-54"?)',
    "the runtimes of Lua are lua-54, lua-54-web, lua-54-console, luajit-21,",
  ],
  "an architecture by another tool's name": [
    {
      ...hello(),
      provider: { runtime: "lua-54", architecture: "amd64" },
      configValidationMode: "off",
    },
    'provider.architecture: there is no architecture "amd64" (did you mean "x86_64"?)',
  ],
  "no layer at all, and no region": [
    { ...hello(), provider: { runtime: "lua-54", region: undefined } },
    "no layer lua-54-x86_64 for us-east-1 (Serverless's default where neither",
    "it is published in no region by",
    "A layer has to be published first: moonlayer layer publish",
    "name an ARN in custom.lua.layerArn, or the zip of moonlayer layer build in",
  ],
  "a region that versions.json lacks": [
    { ...LUA, ...hello(), ...lua({ versions: "versions.json" }) },
    "no layer lua-54-x86_64 for eu-west-1: it is published in ap-south-1, us-west-2 by",
  ],
  "a versions.json that is none": [
    { ...LUA, ...hello(), ...lua({ versions: "hello.lua" }) },
    "hello.lua is not JSON: ",
    "moonlayer layer publish writes such a file",
  ],
  "a setting that is misspelled": [
    { ...LUA, ...hello(), ...lua({ layerARN: ARN }) },
    'custom.lua has no setting "layerARN" (did you mean "layerArn"?); the settings are layerArn, ',
  ],
  "an ARN without a version": [
    { ...LUA, ...hello(), ...lua({ layerArn: ARN.replace(/:3$/, "") }) },
    "names no version of the layer; put it at the end",
  ],
  "an ARN of another region": [
    { ...LUA, ...hello(), ...lua({ layerArn: arn("mine", "us-east-1") }) },
    "is a layer in us-east-1, and Lambda takes only layers of the function's own region, eu-west-1",
  ],
  "an ARN for another architecture": [
    { ...LUA, ...hello({ architecture: "arm64" }), ...lua({ layerArn: ARN }) },
    "is the layer lua-54-x86_64, but lua-54-arm64 is needed",
  ],
  "one ARN for two layers": [
    {
      ...LUA,
      ...lua({ layerArn: arn("mine") }),
      functions: {
        one: { handler: "hello.handler" },
        two: { handler: "hello.handler", runtime: "luajit-21" },
      },
    },
    "the functions need lua-54-x86_64 (one) and luajit-21-x86_64 (two); write one for each",
  ],
  "more layers than Lambda takes": [
    {
      ...LUA,
      ...lua({ layerArn: ARN }),
      ...hello({ layers: ["a", "b", "c", "d", "e"].map((name) => arn(name)) }),
    },
    "with the Lua layer these are 6 layers, and Lambda takes 5",
  ],
  "another version of our layer in the list": [
    {
      ...LUA,
      ...lua({ layerArn: ARN }),
      ...hello({ layers: [arn("lua-54-x86_64", "eu-west-1", 2)] }),
    },
    ":2 is another version of the layer arn:",
    "Lambda refuses two versions of one",
  ],
  "two modes": [
    {
      ...lua({ layerArn: ARN }),
      ...hello({ runtime: "lua-54-web", environment: { MOONLAYER_MODE: "console" } }),
    },
    'functions.hello: the runtime says MOONLAYER_MODE=web, its environment "console"; ',
  ],
  "a handler without a file": [
    { ...LUA, ...lua({ layerArn: ARN }), functions: { hello: { handler: "src/hello.handler" } } },
    'functions.hello.handler: "src/hello.handler" is src/hello.lua or src/hello/init.lua, and the',
    "package has no such file; the path is seen from the service's folder",
  ],
  "a pattern that leaves the handler out": [
    { ...LUA, ...lua({ layerArn: ARN }), ...hello(), package: { patterns: ["!*.lua"] } },
    "the package has no such file; it lies in the service, so change the patterns",
  ],
  "a zip that is not there": [
    { ...LUA, ...hello(), ...lua({ layerZip: "no.zip" }) },
    "no.zip is not there; moonlayer layer build makes it",
  ],
  "a zip for another architecture": [
    { ...LUA, ...hello(), ...lua({ layerZip: { "lua-54-x86_64": "arm.zip" } }) },
    "custom.lua.layerZip.lua-54-x86_64: the bootstrap in ",
    "arm.zip is for arm64, but the functions are x86_64; moonlayer layer build --arch x86_64",
  ],
  "a variable that there is not": [
    { ...LUA, ...lua({ layerArn: ARN }), ...hello({ layers: ["${lua:layer.lua-55}"] }) },
    'there is no ${lua:layer.lua-55} (did you mean "lua-54"?)',
  ],
};

Object.entries(MISTAKES).forEach(([what, [mistake, ...said]], at) => {
  // Each framework by turns: how they show an error is seen often enough.
  const framework = Object.keys(frameworks)[at % 2];
  test(`${framework}: ${what} is named with its remedy`, async (t) => {
    const made = service(t, {
      "serverless.yml": config(mistake),
      "hello.lua": HANDLER,
      "versions.json": {
        layers: {
          "lua-54-x86_64": {
            "us-west-2": { arn: arn("lua-54-x86_64", "us-west-2") },
            "ap-south-1": { arn: arn("lua-54-x86_64", "ap-south-1") },
          },
        },
      },
    });
    if (what.startsWith("a zip for")) await made.zip("arm.zip", { bootstrap: elf(183) });
    const run = await made.run(framework, ["package"]);
    assert.equal(run.status, 1, run.all);
    const shown = run.all.replace(/\s+/g, " ");
    for (const part of said) assert.ok(shown.includes(part), `${part}\n${run.all}`);
    assert.ok(!run.all.includes(path.join(plugin, "src")), `a stack: ${run.all}`);
  });
});

test("what is wrong does not keep a command from working that packages nothing", async (t) => {
  const made = service(t, { "serverless.yml": config({ ...LUA, ...hello() }) });
  const run = await made.run("osls", ["print"]);
  assert.equal(run.status, 0, run.all);
  assert.match(run.stdout, /runtime: lua-54/);
});
