"use strict";

const fs = require("node:fs");
const path = require("node:path");

const { IgnoreMode, IgnoreStrategy, Token, aws_lambda: lambda } = require("aws-cdk-lib");

// What lies in a function's folder and is not deployed, in the syntax of .gitignore: the rules of
// `moonlayer package`.
const LEFT_OUT = [
  // Names that begin with a dot; what editors and systems leave.
  ...[".*", "*~", "\\#*#", "Thumbs.db", "desktop.ini"],
  // What rocks are made from; tests; packages made before.
  ...["*.rockspec", "*.rock", "*.o", "*_spec.lua", "/spec/", "/test/", "/tests/", "/*.zip"],
  // Descriptions of a deployment and of a build, in the folder itself.
  ...["/template.yaml", "/template.yml", "/samconfig.toml"],
  ...["/samconfig.yaml", "/samconfig.yml", "/serverless.*", "/cdk.json"],
  ...["/cdk.out/", "*.tf", "*.tfvars", "*.tfstate", "*.tfstate.backup", "/Makefile"],
  ...["/Dockerfile*", "/README*", "/CHANGELOG*", "/CONTRIBUTING*", "/stylua.toml"],
  ...["/selene.toml", "/node_modules/", "/package.json", "/package-lock.json"],
  // What LuaRocks makes for the machine it runs on, and keeps for itself.
  ...["/luarocks.lock", "/lua_modules/bin/", "/lua_modules/lib/luarocks/"],
  ...["/lua_modules/share/lua/*/spec/"],
  ...["/lua_modules/share/lua/*/test/", "/lua_modules/share/lua/*/tests/"],
];
// Scripts that `luarocks init` makes; a folder of such a name is the user's.
const SCRIPTS = ["lua", "luarocks"];

/**
 * The code of a function: a folder without what is not deployed, a zip, or what the CDK has.
 *
 * @param {unknown} code a path, or a `lambda.Code`, which is taken as it is
 * @param {string} handler looked for where `code` is a folder
 * @param {string[]} [exclude] further rules, which come after ours
 * @returns {import("aws-cdk-lib").aws_lambda.Code}
 */
function luaCode(code, handler, exclude) {
  if (typeof code !== "string") {
    if (code === undefined || code === null) {
      throw new Error("code is not given; name the folder that holds the function");
    }
    refuseRules(exclude);
    return /** @type {import("aws-cdk-lib").aws_lambda.Code} */ (code);
  }
  const root = path.resolve(code);
  const kind = fs.statSync(root, { throwIfNoEntry: false });
  if (!kind) throw new Error(`code ${code} is not there; name the folder that holds the function`);
  if (!kind.isDirectory()) {
    refuseRules(exclude);
    return lambda.Code.fromAsset(root);
  }
  const isScript = (name) =>
    fs.statSync(path.join(root, name), { throwIfNoEntry: false })?.isFile() ?? false;
  const scripts = SCRIPTS.filter(isScript).map((name) => `/${name}`);
  const rules = [...LEFT_OUT, ...scripts, ...(exclude ?? [])];
  const options = { exclude: rules, ignoreMode: IgnoreMode.GIT };
  if (!Token.isUnresolved(handler)) findHandler(root, code, handler, options);
  return lambda.Code.fromAsset(root, options);
}

/** Refuses rules that nothing would follow. */
function refuseRules(exclude) {
  if (exclude === undefined) return;
  throw new Error("exclude goes with a folder; code is something else, so leave exclude out");
}

/** Refuses a handler whose file would not be in the function. */
function findHandler(root, shown, handler, options) {
  const module = modulePath(handler);
  const names = [`${module}.lua`, `${module}/init.lua`];
  const found = names.filter((name) => fs.existsSync(path.join(root, name)));
  if (found.length === 0) {
    throw new Error(
      `the handler ${handler} has no file in ${shown}: neither ${names.join(" nor ")}; ` +
        "correct the handler, or name the folder that holds the function as code",
    );
  }
  const rules = IgnoreStrategy.fromCopyOptions(options, root);
  if (found.every((name) => rules.ignores(path.join(root, name)))) {
    throw new Error(
      `the file of the handler ${handler}, ${found[0]}, is among what is not deployed; ` +
        `bring it back by exclude: ["!${found[0]}"], or move it`,
    );
  }
}

/** The path of the handler's file, less `.lua`, as the runtime finds it. */
function modulePath(handler) {
  const text = typeof handler === "string" ? handler : "";
  const dot = text.lastIndexOf(".");
  const [module, name] = dot < 0 ? [text, "-"] : [text.slice(0, dot), text.slice(dot + 1)];
  const parts = module.split(/[./]/);
  if (name === "" || name.includes("/") || parts.includes("")) {
    throw new Error(
      `the handler ${JSON.stringify(handler)} is malformed; write file.function, such as ` +
        'src/orders.create for the function "create" of src/orders.lua',
    );
  }
  return parts.join("/");
}

module.exports = { LEFT_OUT, luaCode };
