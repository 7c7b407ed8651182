"use strict";

const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");

const { arn, folder, lint, project, tools, versions, zip } = require("./support");

const lua = "return { handler = function() end, create = function() end }\n";

/** Runs a command offline, with its home in a folder of the test; gives what it prints. */
function run(command, words, cwd, home, more = {}) {
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CI: "true",
    CDK_DISABLE_CLI_TELEMETRY: "1",
    npm_config_update_notifier: "false",
    ...more,
  };
  const ran = spawnSync(command, words, { cwd, env, encoding: "utf8" });
  const said = `${ran.error ?? ""}${ran.stdout}${ran.stderr}`;
  return { status: ran.status, said, printed: ran.stdout };
}

/** The templates that the CDK's command makes of the program `app.js` in `cwd`. */
function synth(t, cwd, more) {
  const cdk = path.join(tools, "node_modules/.bin/cdk");
  const app = `"${process.execPath}" app.js`;
  const words = ["synth", "--quiet", "--app", app, "--output", "cdk.out"];
  const options = ["--no-notices", "--no-version-reporting", "--no-lookups"];
  const ran = run(cdk, [...words, ...options], cwd, folder(t), more);
  if (ran.status !== 0) return { ...ran, templates: [] };
  const out = path.join(cwd, "cdk.out");
  const names = fs.readdirSync(out).filter((name) => name.endsWith(".template.json"));
  return { ...ran, templates: names.map((name) => path.join(out, name)) };
}

/** A project of the user's, in which the packed package is installed. */
const installed = (() => {
  let made;
  return (t) => {
    if (made) return made;
    const place = fs.mkdtempSync(path.join(require("node:os").tmpdir(), "moonlayer installed-"));
    process.on("exit", () => fs.rmSync(place, { recursive: true, force: true }));
    const home = folder(t);
    const cdk = path.join(project, "cdk");
    const packed = run("npm", ["pack", "--json", "--pack-destination", place], cdk, home);
    assert.equal(packed.status, 0, packed.said);
    const listed = JSON.parse(packed.printed.slice(packed.printed.search(/[[{]/)));
    const [pack] = Array.isArray(listed) ? listed : Object.values(listed);
    fs.writeFileSync(path.join(place, "package.json"), '{"private": true}\n');
    const words = ["install", "--offline", "--legacy-peer-deps", "--no-audit", "--no-fund"];
    const install = run("npm", [...words, path.join(place, pack.filename)], place, home);
    assert.equal(install.status, 0, install.said);
    // What the package expects from its user's project.
    for (const name of ["aws-cdk-lib", "constructs"]) {
      const link = path.join(place, "node_modules", name);
      fs.symlinkSync(path.join(tools, "node_modules", name), link);
    }
    made = { place, files: pack.files.map((file) => file.path).sort() };
    return made;
  };
})();

/** A folder of the user's beside the installed package. */
function userProject(t, name, app) {
  const { place } = installed(t);
  const made = path.join(place, name);
  fs.mkdirSync(path.join(made, "src"), { recursive: true });
  fs.copyFileSync(zip(t), path.join(made, "lua-54-x86_64.zip"));
  for (const file of ["hello", "orders", "reports"]) {
    fs.writeFileSync(path.join(made, "src", `${file}.lua`), lua);
  }
  fs.writeFileSync(path.join(made, "app.js"), app);
  return made;
}

/** The blocks of JavaScript in docs/cdk.md. */
function blocks() {
  const page = fs.readFileSync(path.join(project, "docs/cdk.md"), "utf8");
  return [...page.matchAll(/^```js\n(.*?)^```$/gms)].map((found) => found[1]);
}

test("the package holds what is needed and nothing else", (t) => {
  const expected = [
    ...["LICENSE-APACHE", "LICENSE-MIT", "README.md", "index.d.ts", "index.js"],
    ...fs.readdirSync(path.join(project, "cdk/lib")).map((name) => `lib/${name}`),
    ...["package.json", "versions.json"],
  ];
  assert.deepEqual(installed(t).files, expected.sort());
  const carried = path.join(installed(t).place, "node_modules/moonlayer-cdk/versions.json");
  const source = path.join(project, "layer/versions.json");
  assert.deepEqual(fs.readFileSync(carried), fs.readFileSync(source));
  for (const name of ["versions.json", "LICENSE-MIT"]) {
    assert.ok(!fs.existsSync(path.join(project, "cdk", name)), `${name} is left in the checkout`);
  }
});

test("the version of the package is the project's", () => {
  const cargo = fs.readFileSync(path.join(project, "Cargo.toml"), "utf8");
  const { version } = require("../package.json");
  assert.equal(version, /^version = "(.*)"$/m.exec(cargo)[1]);
});

test("every block of the page is made into a template without lint", (t) => {
  const [whole, ...others] = blocks();
  assert.ok(whole.includes("new App()") && others.length >= 3);
  const inStack = (block) => whole + block.replace(/^const \{ LuaFunction.*\n/m, "");
  for (const [at, app] of [whole, ...others.map(inStack)].entries()) {
    const made = synth(t, userProject(t, `block ${at}`, app));
    assert.equal(made.status, 0, `${app}\n${made.said}`);
    assert.equal(made.templates.length, 1);
    const { Resources } = JSON.parse(fs.readFileSync(made.templates[0], "utf8"));
    const types = new Set(Object.values(Resources).map((each) => each.Type));
    assert.ok(types.has("AWS::Lambda::Function") && types.has("AWS::Lambda::LayerVersion"));
    assert.equal(lint(made.templates[0]), "");
  }
});

test("a stack of no region and a stack of a region are made from one versions.json", (t) => {
  const file = versions(t, { "lua-54-x86_64": ["eu-west-1", "us-east-1"] });
  const app = `
    const { App, Stack } = require("aws-cdk-lib");
    const { LuaFunction } = require("moonlayer-cdk");
    const app = new App();
    const env = { account: "123456789012", region: "us-east-1" };
    for (const stack of [new Stack(app, "Anywhere"), new Stack(app, "There", { env })]) {
      const props = { code: "src", handler: "hello.handler", versions: process.env.VERSIONS };
      new LuaFunction(stack, "Hello", props);
    }`;
  const made = synth(t, userProject(t, "regions", app), { VERSIONS: file });
  assert.equal(made.status, 0, made.said);
  const layers = Object.fromEntries(
    made.templates.map((name) => {
      assert.equal(lint(name), "");
      const { Resources } = JSON.parse(fs.readFileSync(name, "utf8"));
      const found = Object.values(Resources).find((each) => each.Type === "AWS::Lambda::Function");
      return [path.basename(name, ".template.json"), found.Properties.Layers];
    }),
  );
  const anywhere = ["MoonlayerLua54X8664Arns", { Ref: "AWS::Region" }, "arn"];
  assert.deepEqual(layers, {
    Anywhere: [{ "Fn::FindInMap": anywhere }],
    There: [arn("lua-54-x86_64", "us-east-1")],
  });
});

test("an error is what the command prints, and its status", (t) => {
  const app = blocks()[0].replace("lua-54-x86_64.zip", "none.zip");
  const made = synth(t, userProject(t, "error", app));
  assert.notEqual(made.status, 0);
  assert.match(made.said, /Greetings\/Hello: cannot read layerZip .*none\.zip: ENOENT/);
});
