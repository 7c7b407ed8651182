"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");

const { aws_lambda: lambda } = require("aws-cdk-lib");

const { LuaFunction } = require("..");
const { LEFT_OUT } = require("../lib/lua-code");
const { arn, folder, stack, zip } = require("./support");

const layerArn = arn("lua-54-x86_64");

/** The files of the function that is made of these. */
function deployed(t, files, props = {}) {
  const of = stack(t);
  const code = folder(t, files);
  new LuaFunction(of, "Hello", { layerArn, handler: "app.handler", code, ...props });
  const assembly = of.node.root.synth();
  const [asset] = fs.readdirSync(assembly.directory).filter((name) => name.startsWith("asset."));
  const root = path.join(assembly.directory, asset);
  return fs
    .readdirSync(root, { recursive: true })
    .filter((name) => fs.statSync(path.join(root, name)).isFile())
    .sort();
}

function refusal(t, props, files = { "app.lua": "" }) {
  const basic = { layerArn, handler: "app.handler", code: folder(t, files) };
  try {
    new LuaFunction(stack(t), "Hello", { ...basic, ...props });
  } catch (error) {
    return error.message;
  }
  return assert.fail("it was not refused");
}

test("only what belongs to the function is deployed", (t) => {
  const kept = [
    "app.lua", "data/list.txt", "lib/util.lua", "lib/tests/module.lua", "lua/module.lua",
    "lua_modules/lib/lua/5.4/lfs.so", "lua_modules/share/lua/5.4/inspect.lua",
  ];
  const left = [
    ".env", ".luarc.json", "app.lua~", "app_spec.lua", "cdk.json", "lua_modules/bin/x",
    "lua_modules/lib/luarocks/rocks-5.4/manifest", "lua_modules/share/lua/5.4/spec/a.lua",
    "luarocks", "Makefile", "main.tf", "mine-1.0-1.rockspec", "node_modules/x/index.js", "old.zip",
    "package.json", "README.md", "serverless.yml", "spec/app.lua", "template.yaml", "tests/a.lua",
  ];
  const files = Object.fromEntries([...kept, ...left].map((name) => [name, "return {}\n"]));
  assert.deepEqual(deployed(t, files), [...kept].sort());
});

test("exclude adds rules and brings files back", (t) => {
  const files = { "app.lua": "", "notes.txt": "", "tests/a.lua": "" };
  const exclude = ["*.txt", "!/tests/"];
  assert.deepEqual(deployed(t, files, { exclude }), ["app.lua", "tests/a.lua"]);
});

test("a handler is found as the runtime finds it", (t) => {
  const found = {
    "app.handler": "app.lua",
    "src/orders.create": "src/orders.lua",
    "src.orders.create": "src/orders.lua",
    "orders.create": "orders/init.lua",
    "app": "app.lua",
    "bin/migrate.lua": "bin/migrate.lua",
  };
  for (const [handler, name] of Object.entries(found)) {
    assert.deepEqual(deployed(t, { [name]: "" }, { handler }), [name]);
  }
});

test("a handler without a file is refused with where it was looked for", (t) => {
  const said = refusal(t, { handler: "src/orders.create", code: folder(t, { "app.lua": "" }) });
  assert.match(said, /^Stack\/Hello: the handler src\/orders\.create has no file in /);
  assert.match(said, /neither src\/orders\.lua nor src\/orders\/init\.lua; correct the handler/);
});

test("a handler whose file is left out is refused", (t) => {
  const files = { "tests/app.lua": "" };
  const said = refusal(t, { handler: "tests.app.handler" }, files);
  assert.match(said, /the file of the handler tests\.app\.handler, tests\/app\.lua, is among/);
  const back = { handler: "tests.app.handler", exclude: ["!/tests/"] };
  assert.deepEqual(deployed(t, files, back), ["tests/app.lua"]);
});

const malformed = ["", "app.", ".handler", "../app.handler", "/app.handler", "a..b", undefined];
for (const handler of malformed) {
  test(`the handler ${JSON.stringify(handler)} is malformed`, (t) => {
    assert.match(refusal(t, { handler }), /the handler .* is malformed; write file\.function/);
  });
}

test("a zip made before is deployed as it is", (t) => {
  const of = stack(t);
  const code = zip(t, "function.zip");
  new LuaFunction(of, "Hello", { layerArn, handler: "app.handler", code });
  const assembly = of.node.root.synth();
  const [asset] = fs.readdirSync(assembly.directory).filter((name) => name.endsWith(".zip"));
  assert.deepEqual(fs.readFileSync(path.join(assembly.directory, asset)), fs.readFileSync(code));
});

test("code that is not there, and rules for code that is no folder, are refused", (t) => {
  assert.match(refusal(t, { code: "/none here" }), /code \/none here is not there; name the fo/);
  const exclude = ["*.txt"];
  const code = lambda.Code.fromAsset(zip(t));
  assert.match(refusal(t, { code, exclude }), /exclude goes with a folder/);
  assert.match(refusal(t, { code: zip(t), exclude }), /exclude goes with a folder/);
});

test("a folder leaves out what `moonlayer package` leaves out", () => {
  const defaults = path.join(__dirname, "../../cli/src/package/defaults.txt");
  const rules = fs
    .readFileSync(defaults, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  // `luarocks init` makes these as files, which the CDK's rules cannot tell from folders.
  const told = (rule) => !/^!?\/(lua|luarocks)\/?$/.test(rule);
  assert.deepEqual([...LEFT_OUT].sort(), rules.filter(told).sort());
});
