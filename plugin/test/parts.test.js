"use strict";

// The parts that are functions of their arguments.

const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");
const test = require("node:test");

const { checkArn } = require("../src/arn");
const { handlerFiles } = require("../src/handler");
const { parseRuntime } = require("../src/runtimes");
const { readSettings } = require("../src/settings");
const { plugin } = require("./support");

test("loading the plugin opens no door to the network", () => {
  // In a process of its own, against what node itself has loaded before.
  const script = `
    const before = new Set(process.moduleLoadList);
    const Plugin = require(${JSON.stringify(plugin)});
    new Plugin({ configSchemaHandler: {} }, {});
    const fresh = process.moduleLoadList.filter((each) => !before.has(each));
    console.log(fresh.concat(Object.keys(require.cache)).join("\\n"));`;
  const loaded = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }).split("\n");
  const doors = /NativeModule (net|tls|dgram|dns|https?|http2|child_process|zlib|.*undici.*)$/;
  assert.deepEqual(loaded.filter((each) => doors.test(each)), []);
  const foreign = loaded.filter((each) => each.startsWith("/") && !each.startsWith(plugin));
  assert.deepEqual(foreign, []);
  assert.ok(loaded.some((each) => each.endsWith("src/functions.js")), loaded.join("\n"));
});

test("a runtime is an interpreter and a mode", () => {
  const parse = (text) => parseRuntime(text, "here");
  assert.deepEqual(parse("lua-54"), { interpreter: "lua-54", mode: null });
  assert.deepEqual(parse("luajit-21-web"), { interpreter: "luajit-21", mode: "web" });
  assert.deepEqual(parse("lua-54-console"), { interpreter: "lua-54", mode: "console" });
  for (const [wrong, meant] of [
    ["lua", '"lua-54"'],
    ["lua-53", '"lua-54"'],
    ["LUA-54", '"lua-54"'],
    ["luajit", '"luajit-21"'],
    ["lua-54-Web", '"lua-54-web"'],
  ]) {
    assert.throws(() => parse(wrong), new RegExp(`"${wrong}" \\(did you mean ${meant}\\?\\); `));
  }
  assert.throws(() => parse("lua-and-something-else"), /"lua-and-something-else"; the runtimes/);
});

test("a handler is looked for where the runtime looks", () => {
  const files = (handler, mode) => handlerFiles(handler, "here", mode);
  assert.deepEqual(files("hello.handler"), ["hello.lua", "hello/init.lua"]);
  assert.deepEqual(files("src/orders.create"), ["src/orders.lua", "src/orders/init.lua"]);
  assert.deepEqual(files("src.orders.create"), ["src/orders.lua", "src/orders/init.lua"]);
  assert.deepEqual(files("hello"), ["hello.lua", "hello/init.lua"]);
  assert.deepEqual(files("bin/migrate.lua", "console"), ["bin/migrate.lua"]);
  assert.throws(() => files("bin/migrate", "console"), /here: "bin\/migrate" does not end in \.lua/);
  for (const wrong of ["../a.handler", "/a.handler", ".handler", "a.", "a..b", "", null]) {
    assert.throws(() => files(wrong), /here/, String(wrong));
  }
});

test("an ARN is what Lambda would take for the function", () => {
  const check = (arn, region = "eu-west-1") =>
    checkArn(arn, { where: "here", region, layer: "lua-54-x86_64" });
  check("arn:aws:lambda:eu-west-1:123456789012:layer:mine:12");
  check("arn:aws-cn:lambda:cn-north-1:123456789012:layer:lua-54-x86_64:1", "cn-north-1");
  check("arn:aws-us-gov:lambda:us-gov-west-1:123456789012:layer:mine:1", "us-gov-west-1");
  for (const [wrong, said] of [
    ["lua-54-x86_64", /is not the ARN of a layer's version/],
    ["arn:aws:lambda:eu-west-1:1234:layer:mine:1", /is not the ARN/],
    ["arn:aws:lambda:eu-west-1:123456789012:function:mine:1", /is not the ARN/],
    ["arn:aws:lambda:eu-west-1:123456789012:layer:mine:1\n", /is not the ARN/],
    ["arn:aws:lambda:eu-west-1:123456789012:layer:mine:", /names no version/],
    ["arn:aws:lambda:${AWS::Region}:123456789012:layer:mine:1", /!Sub/],
    ["arn:aws-cn:lambda:eu-west-1:123456789012:layer:mine:1", /partition aws-cn/],
    ["arn:aws:lambda:us-gov-west-1:123456789012:layer:mine:1", /partition aws,/],
    ["arn:aws:lambda:eu-west-1:123456789012:layer:luajit-21-x86_64:1", /lua-54-x86_64 is needed/],
  ]) {
    assert.throws(() => check(wrong), said, wrong);
  }
});

test("settings are checked by form and by name", () => {
  const sub = { "Fn::Sub": "arn:aws:lambda:${AWS::Region}:123456789012:layer:mine:1" };
  assert.deepEqual(readSettings({ layerArn: sub }).layerArn, sub);
  assert.deepEqual(readSettings({ layerArn: { "lua-54-arm64": sub } }).layerArns, {
    "lua-54-arm64": sub,
  });
  assert.equal(readSettings(null).tool, "moonlayer");
  for (const [wrong, said] of [
    ["arn", /custom\.lua has to be a map/],
    [[], /custom\.lua has to be a map/],
    [{ layerArn: 7 }, /layerArn has to be a text/],
    [{ layerArn: "" }, /layerArn has to be a text/],
    [{ layerZip: { "lua-54": "a" } }, /no "lua-54" \(did you mean "lua-54-x86_64"\?\); its names/],
    [{ layerArn: { "lua-54-amd64": "a" } }, /\(did you mean "lua-54-arm64"\?\)/],
    [{ versions: {} }, /versions has to be a text/],
  ]) {
    assert.throws(() => readSettings(wrong), said, JSON.stringify(wrong));
  }
});
