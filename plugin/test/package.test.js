"use strict";

// `package` by the real frameworks: what CloudFormation and the zips say.

const assert = require("node:assert/strict");
const test = require("node:test");

const support = require("./support");

const { ENDPOINT_PLUGIN, NO_STACK, arn, config, elf, endpoint, frameworks, service } = support;

const X86 = arn("lua-54-x86_64");
const ARM = arn("lua-54-arm64");
const JIT = arn("luajit-21-x86_64");
const OTHER = arn("other");
const IMAGE = `123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:${"0".repeat(64)}`;
const LAYER_ARN = {
  "lua-54-x86_64": X86,
  "lua-54-arm64": ARM,
  "luajit-21-x86_64": JIT,
};
const HANDLER = "return { handler = function() return 1 end }\n";

for (const framework of Object.keys(frameworks)) {
  test(`${framework}: each function becomes what Lambda knows, and others stay`, async (t) => {
    const made = service(t, {
      "serverless.yml": config({
        provider: { runtime: "lua-54", layers: [OTHER], environment: { STAGE: "dev" } },
        custom: { lua: { layerArn: LAYER_ARN } },
        functions: {
          plain: { handler: "hello.handler" },
          arm: { handler: "hello.handler", architecture: "arm64", layers: [] },
          web: { handler: "src.app.run", runtime: "lua-54-web", environment: { A: "1" } },
          console: { handler: "bin/migrate.lua", runtime: "luajit-21-console" },
          own: { handler: "hello.handler", layers: ["${lua:layer.lua-54}", { Ref: "Mine" }] },
          agreed: {
            handler: "hello.handler",
            runtime: "lua-54-web",
            environment: { MOONLAYER_MODE: "web" },
          },
          node: { handler: "index.handler", runtime: "nodejs20.x" },
          bare: { handler: "hello.handler", runtime: "provided.al2023", layers: [OTHER] },
          image: { image: IMAGE },
        },
        resources: { Outputs: { Layer: { Value: "${lua:layer.lua-54-arm64}" } } },
      }),
      "hello.lua": HANDLER,
      "src/app/init.lua": HANDLER,
      "bin/migrate.lua": "print(1)\n",
      "index.js": "",
    });
    const run = await made.run(framework, ["package"]);
    assert.equal(run.status, 0, run.all);
    const lambda = { Runtime: "provided.al2023" };
    const dev = { Variables: { STAGE: "dev" } };
    const mode = (MOONLAYER_MODE) => ({ Variables: { STAGE: "dev", MOONLAYER_MODE } });
    assert.deepEqual(made.functions(), {
      Plain: { ...lambda, Handler: "hello.handler", Layers: [X86, OTHER], Environment: dev },
      Arm: {
        ...lambda,
        Handler: "hello.handler",
        Layers: [ARM],
        Environment: dev,
        Architectures: ["arm64"],
      },
      Web: {
        ...lambda,
        Handler: "src.app.run",
        Layers: [X86, OTHER],
        Environment: { Variables: { STAGE: "dev", A: "1", MOONLAYER_MODE: "web" } },
      },
      Console: {
        ...lambda,
        Handler: "bin/migrate.lua",
        Layers: [JIT, OTHER],
        Environment: mode("console"),
      },
      Own: {
        ...lambda,
        Handler: "hello.handler",
        Layers: [X86, { Ref: "Mine" }],
        Environment: dev,
      },
      Agreed: {
        ...lambda,
        Handler: "hello.handler",
        Layers: [X86, OTHER],
        Environment: mode("web"),
      },
      Node: {
        Runtime: "nodejs20.x",
        Handler: "index.handler",
        Layers: [OTHER],
        Environment: dev,
      },
      Bare: { ...lambda, Handler: "hello.handler", Layers: [OTHER], Environment: dev },
      Image: { Layers: [OTHER], Environment: dev },
    });
    assert.equal(made.template().Outputs.Layer.Value, ARM);
    assert.doesNotMatch(run.all, /Invalid configuration|deprecat/i);
  });

  test(`${framework}: a zip is published with the service`, async (t) => {
    const cloud = await endpoint(t, () => NO_STACK);
    const made = service(t, {
      "serverless.yml": config({
        provider: { runtime: "lua-54", architecture: "arm64" },
        plugins: ["serverless-moonlayer", "./endpoint"],
        custom: { lua: { layerZip: "build/my layer.zip" } },
        functions: { hello: { handler: "hello.handler" } },
        resources: { Outputs: { Layer: { Value: "${lua:layer.lua-54}" } } },
      }),
      "endpoint.js": ENDPOINT_PLUGIN,
      "hello.lua": HANDLER,
    });
    await made.zip("build/my layer.zip", { bootstrap: elf(183), "bin/lua": "" });
    const run = await made.run(framework, ["package"], { AWS_ENDPOINT_URL: cloud.url });
    assert.equal(run.status, 0, run.all);
    const id = "LuaDash54Dasharm64LambdaLayer";
    assert.deepEqual(made.functions().Hello, {
      Runtime: "provided.al2023",
      Handler: "hello.handler",
      Layers: [{ Ref: id }],
      Architectures: ["arm64"],
    });
    const { Type: type, Properties: layer } = made.template().Resources[id];
    assert.equal(type, "AWS::Lambda::LayerVersion");
    assert.match(layer.Content.S3Key, /\/my layer\.zip$/);
    delete layer.Content;
    assert.deepEqual(layer, {
      LayerName: "demo-dev-lua-54-arm64",
      Description: "Lua for AWS Lambda (lua-54-arm64)",
      LicenseInfo: "MIT OR Apache-2.0",
      CompatibleRuntimes: ["provided.al2023"],
      CompatibleArchitectures: ["arm64"],
    });
    assert.deepEqual(made.template().Outputs.Layer.Value, { Ref: id });
    const entries = await made.entries(".serverless/demo.zip");
    assert.ok(entries.includes("hello.lua"), entries.join(" "));
    assert.ok(!entries.includes("build/my layer.zip"), entries.join(" "));
  });

  test(`${framework}: versions.json answers by the region of the deployment`, async (t) => {
    const made = service(t, {
      "serverless.yml": config({
        custom: { lua: { versions: "layers of ours/versions.json" } },
        functions: { hello: { handler: "hello.handler", runtime: "lua-54" } },
        resources: { Outputs: { Layer: { Value: "${lua:layer.lua-54}" } } },
      }),
      "layers of ours/versions.json": {
        layers: {
          "lua-54-x86_64": {
            "eu-west-1": { arn: X86, sha256: "00", version: "0.1.0" },
            "us-east-2": { arn: arn("lua-54-x86_64", "us-east-2", 9) },
          },
        },
      },
      "hello.lua": HANDLER,
    });
    for (const [args, expected] of [
      [["package"], X86],
      [["package", "--region", "us-east-2"], arn("lua-54-x86_64", "us-east-2", 9)],
    ]) {
      const run = await made.run(framework, args);
      assert.equal(run.status, 0, run.all);
      assert.deepEqual(made.functions().Hello.Layers, [expected]);
      assert.equal(made.template().Outputs.Layer.Value, expected);
    }
  });

  test(`${framework}: packages leave node_modules out, unless a pattern names it`, async (t) => {
    const functions = (patterns) => ({
      shared: { handler: "hello.handler" },
      alone: { handler: "hello.handler", package: { individually: true, patterns } },
    });
    const write = (patterns) =>
      config({
        provider: { runtime: "lua-54" },
        custom: { lua: { layerArn: X86 } },
        functions: functions(patterns),
      });
    const made = service(t, {
      "serverless.yml": write(["!notes.txt"]),
      "hello.lua": HANDLER,
      "notes.txt": "",
      "node_modules/some/index.js": "",
    });
    assert.equal((await made.run(framework, ["package"])).status, 0);
    assert.deepEqual(await made.entries(".serverless/demo.zip"), ["hello.lua", "notes.txt"]);
    assert.deepEqual(await made.entries(".serverless/alone.zip"), ["hello.lua"]);
    made.write("serverless.yml", write(["!notes.txt", "node_modules/some/**"]));
    assert.equal((await made.run(framework, ["package"])).status, 0);
    const alone = await made.entries(".serverless/alone.zip");
    assert.ok(alone.includes("node_modules/some/index.js"), alone.join(" "));
  });

  test(`${framework}: another plugin may come before or after, add functions and take some`, async (t) => {
    const plugins = ["serverless-moonlayer", "./adds"];
    const write = (order) =>
      config({
        provider: { runtime: "lua-54" },
        plugins: order,
        custom: { lua: { layerArn: X86 } },
        functions: { hello: { handler: "hello.handler" }, taken: { handler: "nowhere.handler" } },
      });
    const made = service(t, {
      "serverless.yml": write(plugins),
      "hello.lua": HANDLER,
      "adds.js": `module.exports = class {
        constructor(serverless) {
          const { functions } = serverless.service;
          const adds = () => {
            functions.hello.layers = [...(functions.hello.layers ?? []), "${OTHER}"];
            functions.added = { handler: "hello.handler", name: "added", events: [] };
          };
          const takes = () => delete functions.taken;
          this.hooks = { initialize: adds, "before:package:initialize": takes };
        }
      };`,
    });
    for (const order of [plugins, [...plugins].reverse()]) {
      made.write("serverless.yml", write(order));
      const run = await made.run(framework, ["package"]);
      assert.equal(run.status, 0, run.all);
      const { Hello, Added, ...others } = made.functions();
      assert.deepEqual(others, {});
      assert.deepEqual([Hello.Layers, Added.Layers], [[X86, OTHER], [X86]], order.join());
      assert.equal(Added.Runtime, "provided.al2023");
    }
  });

  test(`${framework}: services without functions or without Lua are left alone`, async (t) => {
    const made = service(t, {
      "serverless.yml": config({ functions: {}, resources: { Outputs: { A: { Value: "b" } } } }),
      "index.js": "",
    });
    const empty = await made.run(framework, ["package"]);
    assert.equal(empty.status, 0, empty.all);
    const node = { handler: "index.handler", runtime: "nodejs20.x" };
    made.write("serverless.yml", config({ functions: { node } }));
    const other = await made.run(framework, ["package"]);
    assert.equal(other.status, 0, other.all);
    const { Handler, Runtime, Layers } = made.functions().Node;
    assert.deepEqual([Handler, Runtime, Layers], ["index.handler", "nodejs20.x", undefined]);
  });
}
