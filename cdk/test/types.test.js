"use strict";

const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");

const { folder, project, tools } = require("./support");

const program = `
import { App, Duration, Stack, aws_lambda as lambda } from "aws-cdk-lib";
import { LuaFunction, LuaFunctionProps, luaLayer } from "moonlayer-cdk";

const stack = new Stack(new App(), "Stack");
const props: LuaFunctionProps = {
  code: "src",
  handler: "app.handler",
  interpreter: "luajit-21",
  architecture: lambda.Architecture.ARM_64,
  mode: "web",
  exclude: ["*.txt"],
  layerArn: "arn",
  layers: [luaLayer(stack, { layerZip: "lua.zip", architecture: "arm64" })],
  timeout: Duration.seconds(7),
};
export const made: lambda.Function = new LuaFunction(stack, "Hello", props);

// @ts-expect-error there is no such interpreter
new LuaFunction(stack, "A", { code: "src", handler: "app.handler", interpreter: "lua-53" });
// @ts-expect-error the runtime is always the same
new LuaFunction(stack, "B", { ...props, runtime: lambda.Runtime.PROVIDED_AL2023 });
// @ts-expect-error a function has a handler
new LuaFunction(stack, "C", { code: "src" });
// @ts-expect-error there is no such property
new LuaFunction(stack, "D", { ...props, layerARN: "arn" });
`;

test("the types take what the constructs take, and refuse what they refuse", (t) => {
  const cwd = folder(t, { "app.ts": program });
  fs.mkdirSync(path.join(cwd, "node_modules"));
  for (const name of ["aws-cdk-lib", "constructs"]) {
    fs.symlinkSync(path.join(tools, "node_modules", name), path.join(cwd, "node_modules", name));
  }
  // A copy: its types are found from where a file really lies.
  const copy = path.join(cwd, "node_modules/moonlayer-cdk");
  fs.mkdirSync(copy);
  for (const name of ["package.json", "index.d.ts"]) {
    fs.copyFileSync(path.join(project, "cdk", name), path.join(copy, name));
  }
  const compiler = path.join(tools, "node_modules/typescript/bin/tsc");
  assert.ok(fs.existsSync(compiler), "typescript is missing: run `tests/setup`");
  const words = ["--noEmit", "--strict", "--skipLibCheck", "--module", "node16", "app.ts"];
  const ran = spawnSync(process.execPath, [compiler, ...words], { cwd, encoding: "utf8" });
  assert.equal(ran.stdout + ran.stderr, "");
  assert.equal(ran.status, 0);
});
