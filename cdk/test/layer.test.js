"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");

const { NestedStack } = require("aws-cdk-lib");
const { Template } = require("aws-cdk-lib/assertions");

const { LuaFunction, luaLayer } = require("..");
const { arn, folder, hello, lambdaOf, resources, stack, versions, zip } = require("./support");

const basic = { handler: "hello.handler", code: hello };
const remedy =
  "a layer has to be published first, by `moonlayer layer publish` (to your own account); " +
  "or name an ARN (layerArn) or a zip (layerZip)";

/** What making a function of these properties says. */
function refusal(t, props, at = {}) {
  try {
    new LuaFunction(stack(t, at), "Hello", { ...basic, ...props });
  } catch (error) {
    return error.message;
  }
  return assert.fail("it was not refused");
}

test("a stack of a region takes that region's ARN from versions.json", (t) => {
  const of = stack(t, { region: "us-east-1" });
  const file = versions(t, { "lua-54-x86_64": ["eu-west-1", "us-east-1"] });
  new LuaFunction(of, "Hello", { ...basic, versions: file });
  assert.deepEqual(lambdaOf(of).Layers, [arn("lua-54-x86_64", "us-east-1")]);
  assert.equal(Template.fromStack(of).toJSON().Mappings, undefined);
});

test("a stack of no region looks the ARN up where it is deployed", (t) => {
  const of = stack(t, { region: null });
  const file = versions(t, { "lua-54-arm64": ["us-east-1", "eu-west-1"] });
  const props = { ...basic, architecture: "arm64", versions: file };
  new LuaFunction(of, "One", props);
  new LuaFunction(of, "Two", props);
  const template = Template.fromStack(of).toJSON();
  assert.deepEqual(template.Mappings, {
    MoonlayerLua54Arm64Arns: {
      "eu-west-1": { arn: arn("lua-54-arm64") },
      "us-east-1": { arn: arn("lua-54-arm64", "us-east-1") },
    },
  });
  const lookUp = { "Fn::FindInMap": ["MoonlayerLua54Arm64Arns", { Ref: "AWS::Region" }, "arn"] };
  const functions = resources(of, "AWS::Lambda::Function");
  assert.deepEqual(functions.map((each) => each.Properties.Layers), [[lookUp], [lookUp]]);
});

test("ARNs of other partitions are kept as they are written", (t) => {
  const china = "arn:aws-cn:lambda:cn-north-1:123456789012:layer:lua-54-x86_64:1";
  const file = { layers: { "lua-54-x86_64": { "cn-north-1": { arn: china } } } };
  const made = folder(t, { "a file.json": JSON.stringify(file) });
  const of = stack(t, { region: "cn-north-1" });
  new LuaFunction(of, "Hello", { ...basic, versions: path.join(made, "a file.json") });
  assert.deepEqual(lambdaOf(of).Layers, [china]);
});

test("a zip is one layer for all functions of the stack", (t) => {
  const of = stack(t);
  const layerZip = zip(t, "a layer.zip");
  new LuaFunction(of, "One", { ...basic, layerZip });
  new LuaFunction(of, "Two", { ...basic, layerZip: path.relative(process.cwd(), layerZip) });
  const [layer, ...others] = resources(of, "AWS::Lambda::LayerVersion");
  assert.deepEqual(others, []);
  assert.equal(layer.Properties.LayerName, "lua-54-x86_64");
  assert.deepEqual(layer.Properties.CompatibleRuntimes, ["provided.al2023"]);
  assert.deepEqual(layer.Properties.CompatibleArchitectures, ["x86_64"]);
  const [one, two] = resources(of, "AWS::Lambda::Function").map((each) => each.Properties.Layers);
  assert.equal(one.length, 1);
  assert.deepEqual(one, two);
});

test("two layers of one stack stand beside each other", (t) => {
  const of = stack(t);
  new LuaFunction(of, "One", { ...basic, layerZip: zip(t) });
  new LuaFunction(of, "Two", { ...basic, layerZip: zip(t), architecture: "arm64" });
  new LuaFunction(of, "Three", { ...basic, layerZip: zip(t), interpreter: "luajit-21" });
  const names = resources(of, "AWS::Lambda::LayerVersion").map((each) => each.Properties.LayerName);
  assert.deepEqual(names.sort(), ["lua-54-arm64", "lua-54-x86_64", "luajit-21-x86_64"]);
});

test("a nested stack has its own layer", (t) => {
  const of = stack(t);
  const nested = new NestedStack(of, "Nested");
  const layerZip = zip(t);
  new LuaFunction(of, "Outer", { ...basic, layerZip });
  new LuaFunction(nested, "Inner", { ...basic, layerZip });
  assert.equal(resources(nested, "AWS::Lambda::LayerVersion").length, 1);
});

test("luaLayer gives the construct that the functions share", (t) => {
  const of = stack(t);
  const layerZip = zip(t);
  const layer = luaLayer(of, { layerZip });
  assert.equal(luaLayer(of, { layerZip, interpreter: "lua-54", architecture: "x86_64" }), layer);
  new LuaFunction(of, "Hello", { ...basic, layerZip, layers: [layer] });
  assert.equal(lambdaOf(of).Layers.length, 1);
});

test("another zip of the same layer in one stack is refused", (t) => {
  const of = stack(t);
  const [first, second] = [zip(t), zip(t)];
  new LuaFunction(of, "One", { ...basic, layerZip: first });
  assert.throws(
    () => new LuaFunction(of, "Two", { ...basic, layerZip: second }),
    { message: `Stack/Two: the stack Stack has MoonlayerLua54X8664 from ${first} already; ` +
        `functions of one stack share it, so ${second} needs a stack of its own` },
  );
});

test("without a source, and nothing published, the error says what to do", (t) => {
  // The checkout's own versions.json is another one once layers are published.
  const empty = folder(t, { "versions.json": '{"layers": {}}' });
  const file = path.join(empty, "versions.json");
  for (const region of ["eu-west-1", null]) {
    const expected = `Stack/Hello: ${file} has no layer lua-54-x86_64; ${remedy}`;
    assert.equal(refusal(t, { versions: file }, { region }), expected);
  }
});

test("a layer not published in the region is refused with the regions that have it", (t) => {
  const file = versions(t, { "lua-54-x86_64": ["us-east-1", "eu-west-1"] });
  const said = refusal(t, { versions: file }, { region: "sa-east-1" });
  const where = "has lua-54-x86_64 in eu-west-1, us-east-1, not in sa-east-1";
  assert.equal(said, `Stack/Hello: ${file} ${where}; ${remedy}`);
});

const bad = {
  "not JSON": ["{", /versions\.json is not JSON: .*; name the versions\.json that/],
  "empty": ["", /versions\.json is not JSON: .*; name the versions\.json that/],
  "a list": ["[]", /versions\.json has no object "layers"; name the versions\.json that/],
  "null": ["null", /versions\.json has no object "layers"/],
  "layers as a list": ['{"layers": []}', /versions\.json has no object "layers"/],
  "an entry of null": [
    '{"layers": {"lua-54-x86_64": {"eu-west-1": null}}}',
    /the arn of lua-54-x86_64 in eu-west-1, undefined is not the ARN of a layer's version/,
  ],
  "an ARN of another region": [
    `{"layers": {"lua-54-x86_64": {"eu-west-1": {"arn": "${arn("lua-54-x86_64", "us-east-1")}"}}}}`,
    /is of the region us-east-1, the stack of eu-west-1/,
  ],
  "an ARN of another layer": [
    `{"layers": {"lua-54-x86_64": {"eu-west-1": {"arn": "${arn("lua-54-arm64")}"}}}}`,
    /is the layer lua-54-arm64, but the function wants lua-54-x86_64/,
  ],
};

for (const [what, [content, message]] of Object.entries(bad)) {
  test(`a versions.json that is bad (${what}) is refused`, (t) => {
    const made = folder(t, { "versions.json": content });
    assert.match(refusal(t, { versions: path.join(made, "versions.json") }), message);
  });
}

test("a region by the name of a member of all objects is not published", (t) => {
  const file = versions(t, { "lua-54-x86_64": ["eu-west-1"] });
  assert.match(refusal(t, { versions: file }, { region: "constructor" }), /not in constructor; /);
});

test("files that are not there are refused by their names", (t) => {
  const none = path.join(folder(t), "none");
  assert.match(refusal(t, { versions: none }), /cannot read versions .*\/none: ENOENT/);
  assert.match(refusal(t, { layerZip: none }), /cannot read layerZip .*\/none: ENOENT.*layer b/);
  assert.match(refusal(t, { layerZip: path.dirname(none) }), /cannot read layerZip .*EISDIR/);
  const text = path.join(folder(t, { "a.zip": "PK, I am no zip" }), "a.zip");
  assert.match(refusal(t, { layerZip: text }), /layerZip .*a\.zip is not a zip; `moonlayer/);
  fs.writeFileSync(text, "");
  assert.match(refusal(t, { layerZip: text }), /is not a zip/);
});

test("an ARN that is none is refused", (t) => {
  const right = arn("lua-54-x86_64");
  const wrong = [
    "lua-54-x86_64",
    right.replace(/:3$/, ""),
    right.replace(/3$/, "0"),
    right.replace("lambda", "s3"),
    right.replace("123456789012", "12345"),
    `${right}:1`,
    `${right}\n`,
    ` ${right}`,
  ];
  for (const layerArn of wrong) {
    const said = refusal(t, { layerArn });
    assert.match(said, /is not the ARN of a layer's version; it reads arn:PARTITION:lambda:REGION/);
    assert.ok(said.includes(JSON.stringify(layerArn)), said);
  }
});

test("an ARN of another region, processor or Lua than the function's is refused", (t) => {
  assert.match(
    refusal(t, { layerArn: arn("lua-54-x86_64", "us-east-1") }),
    /is of the region us-east-1, the stack of eu-west-1; a function takes layers of its own region/,
  );
  for (const other of ["lua-54-arm64", "luajit-21-x86_64"]) {
    assert.match(
      refusal(t, { layerArn: arn(other) }),
      new RegExp(`is the layer ${other}, but the function wants lua-54-x86_64; change the ARN`),
    );
  }
  const of = stack(t, { region: null });
  new LuaFunction(of, "Hello", { ...basic, layerArn: arn("our-lua", "us-east-1") });
  assert.deepEqual(lambdaOf(of).Layers, [arn("our-lua", "us-east-1")]);
});

test("two sources, or an empty one, are refused", (t) => {
  const said = refusal(t, { layerArn: arn("lua-54-x86_64"), layerZip: "a.zip" });
  assert.equal(said, "Stack/Hello: layerArn and layerZip are both given; keep one of them");
  assert.match(refusal(t, { layerZip: "" }), /layerZip is ""; it is a string, not empty/);
  assert.match(refusal(t, { versions: 7 }), /versions is 7; it is a string, not empty/);
  assert.match(refusal(t, { layerArn: null }), /layerArn is null; it is a string, not empty/);
});
