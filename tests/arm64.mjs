#!/usr/bin/env node
// Runs every sample function with the arm64 layers, on x86-64: qemu plays the processor, AWS's
// Runtime Interface Emulator the service. Each event has to give the answer that stands beside it.
//
//   tests/arm64.mjs                          builds both layers first
//   tests/arm64.mjs target/layer/*-arm64.zip takes these
//
// It wants what `tests/setup` and `layer/arm64-toolchain` bring. qemu shows that the layers work; how
// fast they are it cannot say.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(project, "target/arm64/bin");
const emulator = join(project, "target/test-tools/aws-lambda-rie-x86_64");
const samples = join(project, "sample-functions");
/** The Lua whose rocks a layer loads. */
const rocks = { "lua-54": "5.4", "luajit-21": "5.1" };
/** No sample needs longer, also where qemu shares its processor with others. */
const patienceMs = 120_000;

const scratch = mkdtempSync(join(tmpdir(), "moonlayer-arm64-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

let passed = 0;
let failed = 0;
for (const zip of layers(process.argv.slice(2))) {
  const layer = basename(zip, ".zip");
  const opt = join(scratch, layer);
  execFileSync("unzip", ["-q", zip, "-d", opt]);
  const started = Date.now();
  for (const sample of readdirSync(join(samples, "events")).sort()) {
    await tries(layer, opt, sample);
  }
  await interrupts(layer, opt);
  console.log(`${layer}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/**
 * The zips to try: those that are named, else both, built now.
 *
 * @param {string[]} named
 * @returns {string[]}
 */
function layers(named) {
  for (const [file, remedy] of [
    [join(tools, "qemu-aarch64"), "layer/arm64-toolchain"],
    [emulator, "tests/setup"],
  ]) {
    if (!existsSync(file)) stop(`${file} is missing; run ${remedy}`);
  }
  if (named.length === 0) {
    const build = ["run", "--quiet", "--", "layer", "build", "--arch", "arm64"];
    const output = execFileSync("cargo", [...build, "--interpreter", "all"], {
      cwd: project,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    process.stdout.write(output);
    named = output.match(/^.*\.zip$/gm).map((path) => join(project, path));
  }
  for (const zip of named) {
    if (!/^(lua-54|luajit-21)-arm64\.zip$/.test(basename(zip)) || !existsSync(zip)) {
      stop(`${zip} is no zip of an arm64 layer; moonlayer layer build --arch arm64 makes them`);
    }
  }
  return named.map((zip) => resolve(zip));
}

/**
 * Gives the events of a sample to a function with the layer.
 *
 * @param {string} layer
 * @param {string} opt where the layer is unpacked
 * @param {string} sample
 */
async function tries(layer, opt, sample) {
  const events = join(samples, "events", sample);
  if (!loads(layer, join(samples, sample))) {
    console.log(`${layer} ${sample}: left out, it is written in Lua 5.4`);
    return;
  }
  const task = join(scratch, `${layer}-${sample}`);
  cpSync(join(samples, sample), task, { recursive: true });
  installRocks(layer, sample, task);
  const handler = readFileSync(join(events, "handler.txt"), "utf8").trim();
  const names = readdirSync(events).filter((name) => name.endsWith("event.json"));
  if (names.length === 0) stop(`${events} holds no event`);
  const read = (name) => readFileSync(join(events, name), "utf8");
  await asks(
    opt,
    task,
    handler,
    existsSync(join(events, "env.txt")) ? variables(read("env.txt")) : {},
    names.sort().map((name) => ({
      name: `${layer} ${sample}/${name}`,
      event: read(name),
      wanted: JSON.parse(read(name.replace("event.json", "expected.json"))),
    })),
  );
}

/**
 * @param {string} text lines NAME=VALUE
 * @returns {Record<string, string>}
 */
function variables(text) {
  const lines = text.split("\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => /^([^=]*)=(.*)$/.exec(line).slice(1)));
}

/**
 * Has a handler run into its deadline, which no sample does, and the next event served.
 *
 * @param {string} layer
 * @param {string} opt
 */
async function interrupts(layer, opt) {
  const task = join(scratch, `${layer}-spin`);
  mkdirSync(task);
  const handler = "function(event) while event.spin do end return event end";
  writeFileSync(join(task, "spin.lua"), `return { handler = ${handler} }\n`);
  await asks(opt, task, "spin.handler", {}, [
    {
      name: `${layer}: a handler that does not end`,
      event: '{"spin":true}',
      // The emulator counts the start of the process as time of the first event.
      wanted: { errorMessage: /^timed out after [23]\.\d\d s at spin\.lua:1$/ },
    },
    { name: `${layer}: the event after it`, event: "{}", wanted: {} },
  ]);
}

/**
 * Gives a function its events, in 3 s each, and counts the answers that are as wanted.
 *
 * @param {string} opt
 * @param {string} task
 * @param {string} handler
 * @param {Record<string, string>} variables of the function's environment
 * @param {{ name: string, event: string, wanted: object }[]} cases what is wanted as it is, or
 *   the form of an error's message
 */
async function asks(opt, task, handler, variables, cases) {
  const ports = [await freePort(), await freePort()];
  const env = {
    ...variables,
    PATH: "/usr/bin:/bin",
    LAMBDA_TASK_ROOT: task,
    AWS_LAMBDA_FUNCTION_TIMEOUT: "3",
  };
  const runtime = spawn(
    emulator,
    [
      ...["--runtime-interface-emulator-address", `127.0.0.1:${ports[0]}`],
      ...["--runtime-api-address", `127.0.0.1:${ports[1]}`],
      wrapper(opt),
      handler,
    ],
    { cwd: task, env, detached: true },
  );
  let log = "";
  runtime.stdout.on("data", (data) => (log += data));
  runtime.stderr.on("data", (data) => (log += data));
  try {
    await listening(ports[0], runtime);
    await listening(ports[1], runtime);
    for (const { name, event, wanted } of cases) {
      const answer = await invoke(ports[0], event).catch((error) => `no answer: ${error.message}`);
      const message = wanted?.errorMessage;
      const suits =
        message instanceof RegExp
          ? message.test(parsed(answer).errorMessage)
          : isDeepStrictEqual(inFormOf(wanted, parsed(answer)), wanted);
      if (suits) {
        passed += 1;
      } else {
        failed += 1;
        console.log(`${name}: ${answer}\nwanted: ${message ?? JSON.stringify(wanted)}\n${log}`);
      }
    }
  } finally {
    // The emulator's children too.
    process.kill(-runtime.pid, "SIGKILL");
  }
}

/**
 * Whether the layer's Lua knows what a sample is written in; LuaJIT does not know all of Lua 5.4.
 *
 * @param {string} layer
 * @param {string} folder
 * @returns {boolean}
 */
function loads(layer, folder) {
  if (!layer.startsWith("luajit")) return true;
  const files = readdirSync(folder).filter((name) => name.endsWith(".lua"));
  const asked = files.map((name) => spawnSync("luajit", ["-b", join(folder, name), "-"]));
  if (asked.some((luajit) => luajit.error)) stop("there is no luajit; run tests/setup");
  return asked.every((luajit) => luajit.status === 0);
}

/**
 * The program that the emulator starts as bootstrap.
 *
 * @param {string} opt
 * @returns {string}
 */
function wrapper(opt) {
  const path = join(scratch, `${basename(opt)}-bootstrap`);
  const script = '#!/bin/sh\nexec "QEMU" "BOOTSTRAP" "$@"\n'
    .replace("QEMU", join(tools, "qemu-aarch64"))
    .replace("BOOTSTRAP", join(opt, "bootstrap"));
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

/**
 * Installs the rock that a sample's Makefile names, compiled for arm64 and the layer's Lua.
 *
 * @param {string} layer
 * @param {string} sample
 * @param {string} task
 */
function installRocks(layer, sample, task) {
  const makefile = join(samples, sample, "Makefile");
  if (!existsSync(makefile)) return;
  const rock = /^rock := .*\/rocks\/(\w+)$/m.exec(readFileSync(makefile, "utf8"))?.[1];
  if (rock === undefined) stop(`${makefile} does not say which rock it installs`);
  const build = join(scratch, `${layer}-${sample}-rock`);
  cpSync(join(samples, "rocks", rock), build, { recursive: true });
  const compiler = join(tools, "aarch64-linux-gnu-gcc");
  const settings = join(scratch, "luarocks.lua");
  // The headers of Lua 5.1 ask for one that Debian keeps apart by processor; it suits both.
  const multiarch = execFileSync("gcc", ["-print-multiarch"], { encoding: "utf8" }).trim();
  const flags = `-O2 -fPIC -idirafter /usr/include/${multiarch}`;
  writeFileSync(
    settings,
    `variables = { CC = "${compiler}", LD = "${compiler}", CFLAGS = "${flags}" }\n`,
  );
  const version = rocks[layer.replace("-arm64", "")];
  execFileSync(
    "luarocks",
    [
      ...["--lua-version", version, "make", "--deps-mode", "none"],
      ...["--tree", join(task, "lua_modules"), `${rock}-1.0-1.rockspec`],
    ],
    { cwd: build, env: { ...process.env, LUAROCKS_CONFIG: settings }, stdio: ["ignore", "ignore", 2] },
  );
}

/** @returns {Promise<number>} a port that nobody listens on */
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/**
 * Waits until the emulator listens.
 *
 * @param {number} port
 * @param {import("node:child_process").ChildProcess} runtime
 */
async function listening(port, runtime) {
  const end = Date.now() + patienceMs;
  for (;;) {
    const connected = await new Promise((done) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => done(true) || socket.destroy());
      socket.on("error", () => done(false));
    });
    if (connected) return;
    if (runtime.exitCode !== null || Date.now() > end) stop("the emulator does not start");
    await new Promise((done) => setTimeout(done, 20));
  }
}

/**
 * The answer of the function behind the emulator.
 *
 * @param {number} port
 * @param {string} event
 * @returns {Promise<string>}
 */
async function invoke(port, event) {
  const url = `http://127.0.0.1:${port}/2015-03-31/functions/function/invocations`;
  const signal = AbortSignal.timeout(patienceMs);
  const reply = await fetch(url, { method: "POST", body: event, signal });
  return reply.text();
}

/**
 * @param {string} text
 * @returns {unknown} the value, or the text where it is no JSON
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * @param {object} wanted
 * @param {unknown} answer
 * @returns {unknown} the answer, its body parsed where the wanted one is no string
 */
function inFormOf(wanted, answer) {
  const isText = typeof answer?.body === "string";
  const holdsJson = wanted?.body !== undefined && typeof wanted.body !== "string";
  return isText && holdsJson ? { ...answer, body: parsed(answer.body) } : answer;
}

/**
 * Ends with the cause.
 *
 * @param {string} cause
 * @returns {never}
 */
function stop(cause) {
  console.error(`tests/arm64.mjs: ${cause}`);
  process.exit(1);
}
