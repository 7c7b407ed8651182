"use strict";

// Services in folders of their own, run by the real frameworks, without any network but loopback.

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");

const plugin = path.join(__dirname, "..");
const project = path.join(plugin, "..");
const tools = path.join(project, "target/test-tools");
/** The frameworks by name, as `tests/setup` installs them. */
const frameworks = {
  serverless: path.join(tools, "node_modules/serverless/bin/serverless.js"),
  osls: path.join(tools, "node_modules/osls/bin/serverless.js"),
};
/** The developer's tool, as cargo builds it for tests. */
const tool = path.join(project, process.env.CARGO_TARGET_DIR ?? "target", "debug/moonlayer");

/** The ARN of a layer that is ours by its name. */
function arn(name, region = "eu-west-1", version = 3) {
  return `arn:aws:lambda:${region}:123456789012:layer:${name}:${version}`;
}

/** An ELF header, all that is read of a bootstrap. */
function elf(machine) {
  const header = Buffer.alloc(64);
  header.write("\x7fELF", "latin1");
  header.writeUInt16LE(machine, 18);
  return header;
}

/** A folder with a service; `files` by their paths, an object is written as JSON. */
class Service {
  constructor(files, prefix) {
    this.home = fs.mkdtempSync(path.join(os.tmpdir(), "moonlayer home "));
    this.root = fs.mkdtempSync(path.join(os.tmpdir(), prefix));
    /** Where the serverless.yml lies. */
    this.dir = this.root;
    for (const [name, content] of Object.entries(files)) this.write(name, content);
    fs.mkdirSync(path.join(this.dir, "node_modules"), { recursive: true });
    const link = path.join(this.dir, "node_modules/serverless-moonlayer");
    fs.symlinkSync(plugin, link, "dir");
  }

  write(name, content) {
    const file = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const isText = typeof content === "string" || Buffer.isBuffer(content);
    fs.writeFileSync(file, isText ? content : JSON.stringify(content, null, 2));
    return file;
  }

  /** Runs a framework's command to its end. */
  run(framework, args, environment = {}) {
    return execute(process.execPath, [frameworks[framework], ...args], this.dir, {
      PATH: process.env.PATH,
      HOME: this.home,
      AWS_ACCESS_KEY_ID: "none",
      AWS_SECRET_ACCESS_KEY: "none",
      SLS_TELEMETRY_DISABLED: "1",
      SLS_NOTIFICATIONS_MODE: "off",
      CI: "1",
      ...environment,
    });
  }

  /** The CloudFormation template that the last run made. */
  template() {
    const file = path.join(this.dir, ".serverless/cloudformation-template-update-stack.json");
    return JSON.parse(fs.readFileSync(file, "utf8"));
  }

  /** What the template says of each function, without what is Serverless's own. */
  functions() {
    const { Resources: resources } = this.template();
    const found = {};
    for (const [id, { Type: type, Properties: properties }] of Object.entries(resources)) {
      if (type !== "AWS::Lambda::Function") continue;
      const { Runtime, Handler, Layers, Environment, Architectures } = properties;
      const said = { Runtime, Handler, Layers, Environment, Architectures };
      for (const key of Object.keys(said)) if (said[key] === undefined) delete said[key];
      found[id.replace(/LambdaFunction$/, "")] = said;
    }
    return found;
  }

  /** The files in a zip below the service. */
  async entries(zip) {
    const { stdout } = await execute("unzip", ["-Z1", zip], this.dir, { PATH: process.env.PATH });
    return stdout.trim().split("\n").sort();
  }

  /** Makes a zip of files below the service. */
  async zip(name, files) {
    const from = fs.mkdtempSync(path.join(this.home, "zip-"));
    for (const [file, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(from, file)), { recursive: true });
      fs.writeFileSync(path.join(from, file), content, { mode: 0o755 });
    }
    const target = path.join(this.dir, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    const made = await execute("zip", ["-qr1", target, "."], from, { PATH: process.env.PATH });
    if (made.status !== 0) throw new Error(made.stderr);
    return target;
  }

  remove() {
    fs.rmSync(this.root, { recursive: true, force: true });
    fs.rmSync(this.home, { recursive: true, force: true });
  }
}

/**
 * Makes a service for one test; it is removed at the test's end. Its path has spaces, unless the
 * test is of something that takes none.
 */
function service(t, files, prefix = "moonlayer service ") {
  const made = new Service(files, prefix);
  t.after(() => made.remove());
  return made;
}

/** A serverless.yml (JSON is YAML) with our plugin. */
function config({ provider = {}, ...rest } = {}) {
  return {
    service: "demo",
    provider: { name: "aws", region: "eu-west-1", ...provider },
    plugins: ["serverless-moonlayer"],
    ...rest,
  };
}

/** Runs a program to its end. */
function execute(program, args, cwd, env, input = "") {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env });
    const out = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text) => (out.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text) => (out.stderr += text));
    child.stdin.on("error", () => {}); // It may end without having read.
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...out, all: out.stdout + out.stderr }));
  });
}

/** What stands in for AWS: it answers each request by `answer`, and keeps them. */
async function endpoint(t, answer) {
  const requests = [];
  const server = http.createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", async () => {
      const body = Buffer.concat(chunks).toString("utf8");
      requests.push({ method: request.method, url: request.url, body });
      const { status = 200, headers = {}, body: text = "" } = await answer(requests.length, body);
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

/** A plugin that sends what Serverless 3 asks of AWS elsewhere: its SDK reads no such variable. */
const ENDPOINT_PLUGIN = `"use strict";
module.exports = class {
  constructor(serverless) {
    const provider = serverless.getProvider("aws");
    if (provider.getAwsSdkV3Config) return; // osls takes it from there.
    provider.sdk.config.update({ endpoint: process.env.AWS_ENDPOINT_URL });
  }
};
`;

/** What CloudFormation answers where nothing is deployed yet. */
const NO_STACK = {
  status: 400,
  headers: { "content-type": "text/xml" },
  body:
    "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>" +
    "<Message>Stack with id demo-dev does not exist</Message></Error></ErrorResponse>",
};

module.exports = {
  ENDPOINT_PLUGIN,
  NO_STACK,
  arn,
  config,
  elf,
  endpoint,
  execute,
  frameworks,
  plugin,
  project,
  service,
  tool,
};
