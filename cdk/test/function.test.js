"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { test } = require("node:test");

const { Fn, aws_lambda: lambda, Duration } = require("aws-cdk-lib");
const { Template } = require("aws-cdk-lib/assertions");

const { LuaFunction } = require("..");
const { arn, hello, lambdaOf, project, stack, zip } = require("./support");

const layerArn = arn("lua-54-x86_64");
const basic = { handler: "hello.handler", code: hello, layerArn };

test("a function has the runtime, the processor and the layer", (t) => {
  const of = stack(t);
  const made = new LuaFunction(of, "Hello", basic);
  assert.ok(made instanceof lambda.Function);
  const found = lambdaOf(of);
  assert.equal(found.Runtime, "provided.al2023");
  assert.deepEqual(found.Architectures, ["x86_64"]);
  assert.equal(found.Handler, "hello.handler");
  assert.deepEqual(found.Layers, [layerArn]);
  assert.equal(found.Environment, undefined);
});

test("all other properties reach the function", (t) => {
  const of = stack(t);
  new LuaFunction(of, "Hello", {
    ...basic,
    functionName: "hello",
    description: "a greeting",
    memorySize: 512,
    timeout: Duration.seconds(7),
    environment: { NAME: "Ada" },
    reservedConcurrentExecutions: 2,
    tracing: lambda.Tracing.ACTIVE,
  });
  const found = lambdaOf(of);
  assert.equal(found.FunctionName, "hello");
  assert.equal(found.Description, "a greeting");
  assert.equal(found.MemorySize, 512);
  assert.equal(found.Timeout, 7);
  assert.deepEqual(found.Environment, { Variables: { NAME: "Ada" } });
  assert.equal(found.ReservedConcurrentExecutions, 2);
  assert.deepEqual(found.TracingConfig, { Mode: "Active" });
});

for (const architecture of ["arm64", lambda.Architecture.ARM_64]) {
  test(`arm64 picks the arm layer, as ${typeof architecture}`, (t) => {
    const of = stack(t);
    const arm = arn("luajit-21-arm64");
    const props = { interpreter: "luajit-21", architecture, layerArn: arm };
    new LuaFunction(of, "Hello", { ...basic, ...props });
    assert.deepEqual(lambdaOf(of).Architectures, ["arm64"]);
    assert.deepEqual(lambdaOf(of).Layers, [arm]);
  });
}

for (const mode of ["function", "web", "console"]) {
  test(`the mode ${mode} is set beside the user's variables`, (t) => {
    const of = stack(t);
    new LuaFunction(of, "Hello", { ...basic, mode, environment: { NAME: "Ada" } });
    const expected = { Variables: { MOONLAYER_MODE: mode, NAME: "Ada" } };
    assert.deepEqual(lambdaOf(of).Environment, expected);
  });
}

test("the user's layers come after ours, in their order, whatever the feature flags say", (t) => {
  for (const flag of [true, false]) {
    const of = stack(t, { context: { "@aws-cdk/aws-lambda:recognizeLayerVersion": flag } });
    const [one, two, three] = ["one", "two", "three"].map((name) => {
      // The flag sorts by the constructs' paths: A… stands before Moonlayer….
      const id = { one: "Zebra", two: "Apple", three: "Middle" }[name];
      return lambda.LayerVersion.fromLayerVersionArn(of, id, arn(name));
    });
    const made = new LuaFunction(of, "Hello", { ...basic, layers: [one, two] });
    made.addLayers(three);
    assert.deepEqual(lambdaOf(of).Layers, [layerArn, arn("one"), arn("two"), arn("three")]);
  }
});

test("our layer among the user's is taken once", (t) => {
  const of = stack(t);
  const again = lambda.LayerVersion.fromLayerVersionArn(of, "Again", layerArn);
  const other = lambda.LayerVersion.fromLayerVersionArn(of, "Other", arn("other"));
  new LuaFunction(of, "Hello", { ...basic, layers: [other, again] });
  assert.deepEqual(lambdaOf(of).Layers, [layerArn, arn("other")]);
});

test("an ARN that is known at deployment is taken as it is", (t) => {
  const of = stack(t);
  new LuaFunction(of, "Hello", { ...basic, layerArn: Fn.importValue("LuaLayerArn") });
  assert.deepEqual(lambdaOf(of).Layers, [{ "Fn::ImportValue": "LuaLayerArn" }]);
});

test("code of the CDK is taken as it is", (t) => {
  const of = stack(t);
  const code = lambda.Code.fromAsset(zip(t));
  new LuaFunction(of, "Hello", { ...basic, code, handler: "anything.handler" });
  assert.equal(typeof lambdaOf(of).Code.S3Key, "string");
});

test("every sample function is one, with its handler", (t) => {
  const of = stack(t);
  const samples = { hello: "hello", echo: "echo", "api-gateway": "app", sqs: "consumer" };
  for (const [name, file] of Object.entries(samples)) {
    const code = path.join(project, "sample-functions", name);
    new LuaFunction(of, name, { layerArn, code, handler: `${file}.handler` });
  }
  Template.fromStack(of).resourceCountIs("AWS::Lambda::Function", Object.keys(samples).length);
});

const refusals = {
  "an unknown interpreter": [
    { interpreter: "lua-53" },
    'unknown interpreter "lua-53"; it is one of lua-54, luajit-21',
  ],
  "an unknown processor": [
    { architecture: "arm" },
    'unknown architecture "arm"; it is one of x86_64, arm64',
  ],
  "an unknown mode": [{ mode: "Web" }, 'unknown mode "Web"; it is one of function, web, console'],
  "a mode against a variable": [
    { mode: "web", environment: { MOONLAYER_MODE: "console" } },
    "mode is web, MOONLAYER_MODE in environment console; keep one of them",
  ],
  "a runtime": [
    { runtime: lambda.Runtime.PROVIDED_AL2023 },
    "runtime is always provided.al2023; leave it out, and choose the Lua by interpreter",
  ],
};

for (const [what, [props, message]] of Object.entries(refusals)) {
  test(`${what} is refused`, (t) => {
    const make = () => new LuaFunction(stack(t), "Hello", { ...basic, ...props });
    assert.throws(make, (error) => {
      assert.ok(error.message.startsWith(`Stack/Hello: ${message}`), error.message);
      return true;
    });
  });
}

test("six layers are refused, five are not", (t) => {
  const of = stack(t);
  const layer = (at) => lambda.LayerVersion.fromLayerVersionArn(of, `L${at}`, arn(`other${at}`));
  const layers = [1, 2, 3, 4, 5].map(layer);
  assert.throws(
    () => new LuaFunction(of, "Six", { ...basic, layers }),
    /^Error: Stack\/Six: layers has 5 layers beside the one that holds the runtime; Lambda takes 5/,
  );
  new LuaFunction(of, "Five", { ...basic, layers: layers.slice(1) });
  assert.equal(lambdaOf(of).Layers.length, 5);
});

test("another version of our layer among the user's is refused", (t) => {
  const of = stack(t);
  const newer = arn("lua-54-x86_64", "eu-west-1", 4);
  const layers = [lambda.LayerVersion.fromLayerVersionArn(of, "Newer", newer)];
  assert.throws(
    () => new LuaFunction(of, "Hello", { ...basic, layers }),
    /layers has \S+:4, another version of the layer that is added by itself \(\S+:3\); leave/,
  );
});

test("no properties at all are refused with what is missing", (t) => {
  assert.throws(() => new LuaFunction(stack(t), "Hello"), /Stack\/Hello: code is not given/);
});
