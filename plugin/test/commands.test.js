"use strict";

// lua:invoke by the real tool, lua:layers, and lua:cli against what stands in for Lambda.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");

const {
  ENDPOINT_PLUGIN,
  arn,
  config,
  endpoint,
  execute,
  frameworks,
  project,
  service,
  tool,
} = require("./support");

const ECHO = `return { handler = function(event, context)
  return { event = event, stage = os.getenv("STAGE"), own = os.getenv("OWN"),
    memory = context.memory_limit_in_mb, left = context.get_remaining_time_in_millis() > 20000,
    region = os.getenv("AWS_REGION"), mode = os.getenv("MOONLAYER_MODE") }
end, fail = function() error("boom") end }
`;

test("lua:invoke gives a function its environment, memory and timeout", async (t) => {
  assert.ok(fs.existsSync(tool), `${tool} is not there: cargo build --package moonlayer-cli`);
  const made = service(t, {
    "serverless.yml": config({
      provider: { runtime: "lua-54", environment: { STAGE: "dev", REF: { Ref: "Table" } } },
      custom: { lua: { tool } },
      functions: {
        echo: {
          handler: "src/echo.handler",
          memorySize: 256,
          timeout: 30,
          environment: { OWN: "a b='c'" },
        },
        fail: { handler: "src/echo.fail" },
      },
    }),
    "src/echo.lua": ECHO,
    "an event.json": '{"from":"file"}',
  });
  const expected = { stage: "dev", own: "a b='c'", memory: 256, left: true, region: "eu-west-1" };
  const data = await made.run("serverless", ["lua:invoke", "-f", "echo", "-d", '{"a":1}']);
  assert.equal(data.status, 0, data.all);
  assert.deepEqual(JSON.parse(data.stdout), { event: { a: 1 }, ...expected });
  assert.match(data.stderr, /functions\.echo: only a deployment knows REF/);
  const file = await made.run("osls", ["lua:invoke", "-f", "echo", "-p", "an event.json"]);
  assert.deepEqual(JSON.parse(file.stdout), { event: { from: "file" }, ...expected });
  for (const framework of Object.keys(frameworks)) {
    const failed = await made.run(framework, ["lua:invoke", "-f", "fail"]);
    assert.equal(failed.status, 1, failed.all);
    assert.match(JSON.parse(failed.stdout).errorMessage, /^src\/echo\.lua:5: boom$/);
  }
  const unknown = await made.run("osls", ["lua:invoke", "-f", "ech"]);
  assert.equal(unknown.status, 1);
  const meant = 'no function "ech" (did you mean "echo"?); those that run Lua: echo, fail';
  assert.ok(unknown.all.includes(meant), unknown.all);
});

test("lua:invoke gives the tool the bootstrap of another interpreter", async (t) => {
  const write = (lua) =>
    config({
      provider: { runtime: "luajit-21-web" },
      custom: { lua },
      functions: { hello: { handler: "hello.handler" } },
    });
  const layer = `luajit-21-${process.arch === "x64" ? "x86_64" : "arm64"}`;
  const made = service(t, { "serverless.yml": write({ tool: "./tool" }), "hello.lua": "" });
  // It shows its arguments, and runs the bootstrap as the tool would.
  const show = 'printf "%s|" "$@"\nwhile [ $# -gt 1 ]; do shift; done\nexec "$1"';
  made.write("tool", `#!/bin/sh\n${show}\n`);
  fs.chmodSync(path.join(made.dir, "tool"), 0o755);
  const none = await made.run("serverless", ["lua:invoke", "-f", "hello"]);
  assert.equal(none.status, 1);
  assert.match(none.all, /name one in custom\.lua\.bootstrap\.luajit-21, or the zip of/);
  assert.ok(none.all.includes(`in custom.lua.layerZip.${layer}`), none.all);
  await made.zip("jit.zip", { bootstrap: "#!/bin/sh\necho from the zip; exit 7\n" });
  made.write("serverless.yml", write({ tool: "./tool", layerZip: { [layer]: "jit.zip" } }));
  const zipped = await made.run("osls", ["lua:invoke", "-f", "hello", "-d", "1"]);
  assert.equal(zipped.status, 7, zipped.all);
  const [given, written] = zipped.stdout.split(/\|(?=[^|]*$)/);
  const extracted = given.slice(given.lastIndexOf("|") + 1);
  assert.deepEqual(given.split("|"), [
    ...["invoke", "hello.handler", "--root", made.dir, "--timeout", "6", "--memory", "1024"],
    ...["--env", "MOONLAYER_MODE=web", "-d", "1", "--bootstrap", extracted],
  ]);
  assert.equal(written, "from the zip\n");
  assert.ok(!fs.existsSync(extracted), "the extracted bootstrap is removed");
  made.write("serverless.yml", write({ tool: "no-such-tool", bootstrap: "tool" }));
  const missing = await made.run("osls", ["lua:invoke", "-f", "hello"]);
  assert.equal(missing.status, 1);
  assert.match(missing.all, /cannot run no-such-tool: there is no such program; the tool installs/);
});

test("lua:invoke hands a signal on to the tool, and clears up after it", async (t) => {
  const layer = `luajit-21-${process.arch === "x64" ? "x86_64" : "arm64"}`;
  const made = service(t, {
    "serverless.yml": config({
      provider: { runtime: "luajit-21" },
      custom: { lua: { tool: "./tool", layerZip: { [layer]: "jit.zip" } } },
      functions: { hello: { handler: "hello.handler" } },
    }),
  });
  await made.zip("jit.zip", { bootstrap: "" });
  // It ends what started it, and waits for the signal to come back, or for nobody to be there.
  const waits = "kill -TERM $PPID\nwhile kill -0 $PPID 2> /dev/null; do :; done";
  made.write("tool", `#!/bin/sh\ntrap "exit 42" TERM\nprintf "%s|" "$@"\n${waits}\n`);
  fs.chmodSync(path.join(made.dir, "tool"), 0o755);
  const run = await made.run("serverless", ["lua:invoke", "-f", "hello"]);
  assert.equal(run.status, 42, run.all);
  const [bootstrap] = run.stdout.split("|").slice(-2);
  assert.match(bootstrap, /\/bootstrap$/);
  assert.ok(!fs.existsSync(path.dirname(bootstrap)), `${bootstrap} is left behind`);
});

test("lua:layers lists what is published by region, and what each function gets", async (t) => {
  const made = service(t, {
    "serverless.yml": config({
      provider: { runtime: "lua-54" },
      custom: { lua: { versions: "v.json", layerArn: { "luajit-21-x86_64": { Ref: "Mine" } } } },
      functions: {
        one: { handler: "a.b" },
        two: { handler: "a.b", runtime: "luajit-21" },
      },
    }),
    "v.json": {
      layers: {
        "lua-54-x86_64": {
          "eu-west-1": { arn: arn("lua-54-x86_64"), version: "0.1.0" },
          "ap-south-1": { arn: arn("lua-54-x86_64", "ap-south-1", 2), version: "0.0.9" },
        },
      },
    },
  });
  const run = await made.run("serverless", ["lua:layers"]);
  assert.equal(run.status, 0, run.all);
  const file = path.join(made.dir, "v.json");
  const mine = '{"Ref":"Mine"}'.padEnd(arn("lua-54-x86_64").length);
  assert.equal(
    run.stdout,
    `published, by ${file}:
  ap-south-1  lua-54-x86_64  0.0.9  ${arn("lua-54-x86_64", "ap-south-1", 2)}
  eu-west-1   lua-54-x86_64  0.1.0  ${arn("lua-54-x86_64")}

functions in eu-west-1:
  one  lua-54-x86_64     ${arn("lua-54-x86_64")}  from ${file}
  two  luajit-21-x86_64  ${mine}  from custom.lua.layerArn.luajit-21-x86_64
`,
  );
});

test("lua:layers shows what is there where a function's layer is missing", async (t) => {
  const made = service(t, {
    "serverless.yml": config({
      provider: { runtime: "lua-54" },
      custom: { lua: { versions: "v.json" } },
      functions: {
        one: { handler: "a.b" },
        two: { handler: "a.b", architecture: "arm64" },
      },
    }),
    "v.json": { layers: { "lua-54-x86_64": { "eu-west-1": { arn: arn("lua-54-x86_64") } } } },
  });
  const run = await made.run("osls", ["lua:layers"]);
  assert.equal(run.status, 1, run.all);
  const shown = run.stdout.replace(/ +/g, " ");
  assert.ok(shown.includes(`\n eu-west-1 lua-54-x86_64 ${arn("lua-54-x86_64")}\n`), run.all);
  assert.ok(shown.includes(`\n one lua-54-x86_64 ${arn("lua-54-x86_64")} from `), run.all);
  assert.ok(shown.includes("\n two lua-54-arm64 none\n"), run.all);
  assert.match(run.all.replace(/\s+/g, " "), /there is no layer lua-54-arm64 for eu-west-1: it is/);
});

for (const framework of Object.keys(frameworks)) {
  test(`${framework}: lua:cli prints a script's output and ends with its status`, async (t) => {
    const failed = { "x-amz-function-error": "Unhandled" };
    const answers = [
      { body: '{"exitCode":0,"output":"é done\\n"}' },
      { body: '{"exitCode":3,"output":"half\\n"}' },
      { headers: failed, body: '{"errorType":"CommandFailed","errorMessage":"no table\\n"}' },
      { headers: failed, body: '{"errorType":"Runtime.ExitError","errorMessage":"it died"}' },
      { body: '"hello"' },
    ];
    const lambda = await endpoint(t, (count) => answers[count - 1]);
    const made = service(t, {
      "serverless.yml": config({
        plugins: ["serverless-moonlayer", "./endpoint"],
        functions: {
          migrate: { handler: "bin/migrate.lua", runtime: "lua-54-console" },
          plain: { handler: "a.b", runtime: "lua-54" },
        },
      }),
      "endpoint.js": ENDPOINT_PLUGIN,
    });
    const run = (...args) =>
      made.run(framework, ["lua:cli", "-f", ...args], { AWS_ENDPOINT_URL: lambda.url });
    const done = await run("migrate", "--args=--to 'a b'");
    assert.deepEqual([done.status, done.stdout], [0, "é done\n"], done.all);
    const half = await run("migrate");
    assert.deepEqual([half.status, half.stdout], [3, "half\n"], half.all);
    const command = await run("migrate", "--args", "up");
    assert.deepEqual([command.status, command.stdout], [1, "no table\n"], command.all);
    const died = await run("migrate");
    assert.deepEqual([died.status, died.stdout], [1, ""], died.all);
    assert.match(died.stderr, /Runtime\.ExitError: it died/);
    const other = await run("migrate");
    assert.equal(other.status, 1);
    assert.match(other.all, /functions\.migrate answered as no console function does: "hello"/);
    const plain = await run("plain");
    assert.equal(plain.status, 1);
    assert.match(plain.all, /functions\.plain is no console function .*lua-54-console/);
    const bodies = lambda.requests.map(({ body }) => JSON.parse(body));
    assert.deepEqual(bodies, ["--to 'a b'", " ", "up", " ", " "]);
    assert.match(lambda.requests[0].url, /\/functions\/demo-dev-migrate\/invocations$/);
  });

  test(`${framework}: lua:cli and lua:invoke run a script by the real runtime`, async (t) => {
    const sample = path.join(project, "sample-functions/console");
    const lambda = await endpoint(t, async (_, event) => {
      const mode = ["--env", "MOONLAYER_MODE=console"];
      const args = ["invoke", "bin/report.lua", "--root", sample, ...mode, "-d", event];
      const { status, stdout } = await execute(tool, args, sample, { PATH: process.env.PATH });
      const headers = status === 0 ? {} : { "x-amz-function-error": "Unhandled" };
      return { headers, body: stdout };
    });
    const made = service(t, {
      "serverless.yml": config({
        plugins: ["serverless-moonlayer", "./endpoint"],
        custom: { lua: { tool } },
        functions: { report: { handler: "bin/report.lua", runtime: "lua-54-console" } },
      }),
      "endpoint.js": ENDPOINT_PLUGIN,
      "bin/report.lua": fs.readFileSync(path.join(sample, "bin/report.lua"), "utf8"),
    });
    const cli = (...args) =>
      made.run(framework, ["lua:cli", "-f", "report", ...args], { AWS_ENDPOINT_URL: lambda.url });
    const rows = "2026-11-02,chair,129.00\n2026-11-17,lamp,45.00\n2026-11,in all,174.00\n";
    const done = await cli("--args=2026-11 '--csv'");
    assert.deepEqual([done.status, done.stdout], [0, rows], done.all);
    const usage = "usage: report.lua MONTH [--csv]\n";
    const none = await cli();
    const said = `report: no month is given\n${usage}`;
    assert.deepEqual([none.status, none.stdout], [1, said], none.all);
    const odd = await cli("--args", "'2026-11");
    assert.equal(odd.status, 1);
    assert.match(odd.stderr, /Runtime\.UnmarshalError: the arguments have a quote ' at byte 1 that/);
    const here = await made.run(framework, ["lua:invoke", "-f", "report", "-d", '"2026-11 --csv"']);
    assert.equal(here.status, 0, here.all);
    assert.deepEqual(JSON.parse(here.stdout), { exitCode: 0, output: rows });
  });

  test(`${framework}: lua:cli waits as long as the function may run, and asks once`, async (t) => {
    const lambda = await endpoint(t, async () => {
      // Longer than the client's own patience, which would have it ask again.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return { body: '{"exitCode":0,"output":"late\\n"}' };
    });
    const made = service(t, {
      "serverless.yml": config({
        plugins: ["serverless-moonlayer", "./endpoint"],
        functions: { migrate: { handler: "bin/migrate.lua", runtime: "lua-54-console" } },
      }),
      "endpoint.js": ENDPOINT_PLUGIN,
    });
    const impatient = { AWS_ENDPOINT_URL: lambda.url, AWS_CLIENT_TIMEOUT: "500" };
    const run = await made.run(framework, ["lua:cli", "-f", "migrate"], impatient);
    assert.deepEqual([run.status, run.stdout, lambda.requests.length], [0, "late\n", 1], run.all);
  });
}
