"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const { App, Stack } = require("aws-cdk-lib");
const { Template } = require("aws-cdk-lib/assertions");

const project = path.join(__dirname, "../..");
const tools = path.join(project, "target/test-tools");
const hello = path.join(project, "sample-functions/hello");

/** An ARN of the layer `name`; in eu-west-1 unless said. */
const arn = (name, region = "eu-west-1", version = 3) =>
  `arn:aws:lambda:${region}:123456789012:layer:${name}:${version}`;

/** A new folder, gone when the test is. */
function folder(t, files = {}) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), "moonlayer cdk-"));
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(made, name)), { recursive: true });
    fs.writeFileSync(path.join(made, name), content);
  }
  return made;
}

/** A versions.json of these layers in these regions. */
function versions(t, layers) {
  const sha256 = "0".repeat(64);
  const entry = (name, region) => ({ arn: arn(name, region), sha256, version: "0.1.0" });
  const content = Object.fromEntries(
    Object.entries(layers).map(([name, regions]) => [
      name,
      Object.fromEntries(regions.map((region) => [region, entry(name, region)])),
    ]),
  );
  const made = folder(t, { "versions.json": JSON.stringify({ layers: content }) });
  return path.join(made, "versions.json");
}

/** A zip by the real zip program; it holds a file in the place of the runtime. */
function zip(t, name = "lua.zip") {
  const made = folder(t, { bootstrap: "#!/bin/sh\n" });
  const ran = spawnSync("zip", ["-q", name, "bootstrap"], { cwd: made, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`zip: ${ran.error ?? ran.stderr}`);
  return path.join(made, name);
}

/** A stack of eu-west-1 unless said. */
function stack(t, { region = "eu-west-1", context = {}, id = "Stack" } = {}) {
  const app = new App({ outdir: folder(t), context });
  return new Stack(app, id, region ? { env: { account: "123456789012", region } } : {});
}

const resources = (of, type) => Object.values(Template.fromStack(of).findResources(type));

/** The properties of the only function of a stack. */
function lambdaOf(of) {
  const [found, ...others] = resources(of, "AWS::Lambda::Function");
  if (!found || others.length > 0) throw new Error("the stack has not one function");
  return found.Properties;
}

/** What cfn-lint says of a template; nothing when all is well. */
function lint(file) {
  // W3005: the CDK itself writes a DependsOn that a GetAtt implies, for every lambda.Function.
  const words = ["--ignore-checks", "W3005", "--", file];
  const ran = spawnSync(path.join(tools, "aws/bin/cfn-lint"), words, { encoding: "utf8" });
  if (ran.error) throw new Error(`${ran.error.message}: run \`tests/setup\``);
  return `${ran.stdout}${ran.stderr}${ran.status === 0 ? "" : `status ${ran.status}`}`;
}

module.exports = {
  arn, folder, hello, lambdaOf, lint, project, resources, stack, tools, versions, zip,
};
