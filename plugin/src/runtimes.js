"use strict";

const { Fault, didYouMean } = require("./fault");

/** What Lambda itself is told: every Lua function is a script of this runtime with our layer. */
const LAMBDA_RUNTIME = "provided.al2023";

const INTERPRETERS = Object.freeze(["lua-54", "luajit-21"]);
const ARCHITECTURES = Object.freeze(["x86_64", "arm64"]);
/** The names of the layers: the interpreter, then the architecture. */
const LAYERS = Object.freeze(
  INTERPRETERS.flatMap((name) => ARCHITECTURES.map((arch) => `${name}-${arch}`)),
);
/** What `runtime:` takes: an interpreter, and one with the mode that its functions run in. */
const RUNTIMES = Object.freeze(
  INTERPRETERS.flatMap((name) => [name, `${name}-web`, `${name}-console`]),
);

/** How other tools call the architectures. */
const ARCHITECTURE_ALIASES = Object.freeze({
  x86: "x86_64",
  x64: "x86_64",
  "x86-64": "x86_64",
  amd64: "x86_64",
  arm: "arm64",
  aarch64: "arm64",
  armv8: "arm64",
});

/**
 * @typedef {object} Runtime
 * @property {string} interpreter `lua-54` or `luajit-21`
 * @property {"web" | "console" | null} mode what the suffix says
 */

/**
 * Whether `runtime:` is meant for us, well written or not.
 *
 * @param {unknown} runtime
 * @returns {runtime is string}
 */
function isLua(runtime) {
  return typeof runtime === "string" && /^lua/i.test(runtime);
}

/**
 * Takes a runtime apart.
 *
 * @param {string} runtime
 * @param {string} where the setting, as `functions.hello.runtime`
 * @returns {Runtime}
 */
function parseRuntime(runtime, where) {
  if (!RUNTIMES.includes(runtime)) {
    throw new Fault(
      "UNKNOWN_RUNTIME",
      `${where}: there is no runtime "${runtime}"${didYouMean(runtime, RUNTIMES)}; ` +
        `the runtimes of Lua are ${RUNTIMES.join(", ")}`,
    );
  }
  const [, interpreter, mode] = /^(.*?)(?:-(web|console))?$/.exec(runtime) ?? [];
  return { interpreter, mode: mode === "web" || mode === "console" ? mode : null };
}

/**
 * Checks an architecture.
 *
 * @param {unknown} architecture
 * @param {string} where the setting, as `provider.architecture`
 * @returns {string}
 */
function parseArchitecture(architecture, where) {
  if (typeof architecture === "string" && ARCHITECTURES.includes(architecture)) {
    return architecture;
  }
  const key = String(architecture).toLowerCase();
  const alias = Object.entries(ARCHITECTURE_ALIASES).find(([name]) => name === key);
  throw new Fault(
    "UNKNOWN_ARCHITECTURE",
    `${where}: there is no architecture ${JSON.stringify(architecture)}` +
      `${alias ? ` (did you mean "${alias[1]}"?)` : ""}; it is ${ARCHITECTURES.join(" or ")}`,
  );
}

module.exports = {
  ARCHITECTURES,
  INTERPRETERS,
  LAMBDA_RUNTIME,
  LAYERS,
  RUNTIMES,
  isLua,
  parseArchitecture,
  parseRuntime,
};
