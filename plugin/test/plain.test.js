"use strict";

// The samples by their plain serverless.yml, without the plugin: packaged by the real frameworks,
// then each zip is unpacked and answers its events.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const { NO_STACK, arn, elf, endpoint, execute, project, service, tool } = require("./support");

const samples = path.join(project, "sample-functions");
const ARN = arn("lua-54-x86_64", "us-east-1");
const shell = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Copies the samples into a service's folder. */
function copy(made) {
  fs.rmSync(path.join(made.root, "node_modules"), { recursive: true });
  fs.cpSync(samples, made.dir, {
    recursive: true,
    filter: (file) => !/\/(lua_modules|\.serverless)$/.test(file),
  });
}

/** Installs the rocks, by Makefiles: make takes no path with spaces. */
async function installRocks(made) {
  for (const rock of ["rock-pure", "rock-c"]) {
    const run = await execute("make", ["-C", rock, "rocks"], made.dir, shell);
    assert.equal(run.status, 0, run.all);
  }
}

/** The variables that the events of all samples are made for. */
function variables() {
  const events = path.join(samples, "events");
  const files = fs.readdirSync(events).map((name) => path.join(events, name, "env.txt"));
  const text = files.map((file) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : ""));
  return Object.fromEntries(
    text
      .join("")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => /^([^=]*)=(.*)$/.exec(line).slice(1)),
  );
}

/** The functions whose URLs are open to everybody, and those that everybody may call by one. */
function open({ Resources: resources }) {
  const all = Object.values(resources);
  const name = ({ "Fn::GetAtt": [id] }) => id;
  const urls = all.filter(
    ({ Type: type, Properties: url }) => type === "AWS::Lambda::Url" && url.AuthType === "NONE",
  );
  const allows = (action, condition) => ({ Type: type, Properties: said }) =>
    type === "AWS::Lambda::Permission" && said.Action === action && said[condition];
  const allowed = [
    allows("lambda:InvokeFunctionUrl", "FunctionUrlAuthType"),
    allows("lambda:InvokeFunction", "InvokedViaFunctionUrl"),
  ].map((allow) => all.filter(allow).map(({ Properties: said }) => name(said.FunctionName)));
  return {
    urls: urls.map(({ Properties: url }) => name(url.TargetFunctionArn)),
    callable: allowed[0].filter((id) => allowed[1].includes(id)),
  };
}

/** Unpacks a function's package, and holds its answers to those beside the sample's events. */
async function answers(made, name, folder, { Handler, Environment: variables }) {
  const root = path.join(made.home, name);
  const zip = path.join(made.dir, ".serverless", `${name}.zip`);
  await execute("unzip", ["-q", zip, "-d", root], made.dir, shell);
  assert.deepEqual(fs.readdirSync(root), [folder]);
  const events = path.join(samples, "events", folder);
  const pairs = Object.entries(variables?.Variables ?? {});
  const env = pairs.flatMap((pair) => ["--env", pair.join("=")]);
  for (const file of fs.readdirSync(events).filter((each) => /(^|\.)event\.json$/.test(each))) {
    const args = ["invoke", Handler, "--root", root, "-f", path.join(events, file), ...env];
    const { stdout, all } = await execute(tool, args, root, shell);
    const beside = path.join(events, file.replace(/event\.json$/, "expected.json"));
    let answer = JSON.parse(stdout);
    // Errors name files by their paths in the package, and the sample has its own to itself.
    if (answer?.errorType) answer = JSON.parse(stdout.replaceAll(`"${folder}/`, '"'));
    const expected = JSON.parse(fs.readFileSync(beside, "utf8"));
    // A body that is written as JSON, and not as its string: members come in any order.
    if (typeof answer?.body === "string" && typeof expected.body === "object") {
      answer.body = JSON.parse(answer.body);
    }
    assert.deepEqual(answer, expected, all);
  }
}

for (const framework of ["serverless", "osls"]) {
  test(`${framework}: every sample deploys with the layer by its ARN, and answers`, async (t) => {
    const made = service(t, {}, "moonlayer-samples-");
    copy(made);
    await installRocks(made);
    const args = ["package", "--config", "serverless-arn.yml"];
    const run = await made.run(framework, args, {
      ...variables(),
      LUA_LAYER_ARN: ARN,
    });
    assert.equal(run.status, 0, run.all);
    const { urls, callable } = open(made.template());
    assert.ok(urls.length > 0);
    for (const id of urls) assert.ok(callable.includes(id), `${id} refuses everybody`);
    const functions = Object.entries(made.functions());
    const folders = fs.readdirSync(path.join(samples, "events"));
    assert.equal(functions.length, folders.length);
    for (const [id, said] of functions) {
      assert.deepEqual([said.Runtime, said.Layers], ["provided.al2023", [ARN]], id);
      const [folder] = said.Handler.split("/");
      await answers(made, id[0].toLowerCase() + id.slice(1), folder, said);
    }
  });
}

test("osls: the layer is published with the samples by its zip", async (t) => {
  const cloud = await endpoint(t, () => NO_STACK);
  const made = service(t, {});
  await made.zip("target/layer/lua-54-x86_64.zip", { bootstrap: elf(62) });
  made.dir = path.join(made.root, "sample-functions");
  copy(made);
  const run = await made.run("osls", ["package"], { AWS_ENDPOINT_URL: cloud.url });
  assert.equal(run.status, 0, run.all);
  for (const [id, { Layers }] of Object.entries(made.functions())) {
    assert.deepEqual(Layers, [{ Ref: "LuaLambdaLayer" }], id);
  }
  const { Type: type, Properties: layer } = made.template().Resources.LuaLambdaLayer;
  assert.deepEqual([type, layer.LayerName], ["AWS::Lambda::LayerVersion", "lua"]);
  assert.match(layer.Content.S3Key, /\/lua-54-x86_64\.zip$/);
});
