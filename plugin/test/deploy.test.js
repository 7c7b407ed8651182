"use strict";

// `deploy function` by the real frameworks, against what stands in for Lambda.

const assert = require("node:assert/strict");
const test = require("node:test");

const { ENDPOINT_PLUGIN, arn, config, endpoint, frameworks, service } = require("./support");

const ARN = arn("lua-54-x86_64");
/** What Lambda has of the function already. */
const DEPLOYED = {
  Configuration: {
    FunctionName: "demo-dev-hello",
    State: "Active",
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Runtime: "provided.al2023",
    Layers: [],
  },
  Code: {},
};

for (const framework of Object.keys(frameworks)) {
  test(`${framework}: one function deploys with the layer, but not without a handler`, async (t) => {
    const lambda = await endpoint(t, () => ({ body: JSON.stringify(DEPLOYED) }));
    const write = (handler) =>
      config({
        provider: { runtime: "lua-54" },
        plugins: ["serverless-moonlayer", "./endpoint"],
        custom: { lua: { layerArn: ARN } },
        functions: {
          hello: { handler, role: "arn:aws:iam::123456789012:role/hello" },
          other: { handler: "nowhere.handler" },
        },
      });
    const made = service(t, {
      "serverless.yml": write("missing.handler"),
      "endpoint.js": ENDPOINT_PLUGIN,
      "hello.lua": "return { handler = function() return 1 end }\n",
    });
    const deploy = () =>
      made.run(framework, ["deploy", "function", "-f", "hello"], { AWS_ENDPOINT_URL: lambda.url });
    const changes = () => lambda.requests.filter(({ method }) => method === "PUT");
    const refused = await deploy();
    assert.equal(refused.status, 1, refused.all);
    assert.match(refused.all, /functions\.hello\.handler: "missing\.handler" is missing\.lua or/);
    assert.deepEqual(changes(), []);
    made.write("serverless.yml", write("hello.handler"));
    const done = await deploy();
    assert.equal(done.status, 0, done.all);
    const sent = Object.fromEntries(
      changes().map(({ url, body }) => [url.split("/").at(-1), JSON.parse(body)]),
    );
    assert.deepEqual(Object.keys(sent).sort(), ["code", "configuration"]);
    assert.deepEqual(sent.configuration.Layers, [ARN]);
    assert.match(sent.code.ZipFile, /^UEsD/);
  });
}
