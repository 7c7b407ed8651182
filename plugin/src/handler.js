"use strict";

const { Fault } = require("./fault");

/**
 * The files in which the runtime looks for a handler, below the package's root. A console function
 * names its script; elsewhere `src/orders.create` is the function `create` of `src/orders.lua` or
 * `src/orders/init.lua`, and a handler without a dot names a file.
 *
 * @param {unknown} handler
 * @param {string} where the setting
 * @param {unknown} mode the function's MOONLAYER_MODE
 * @returns {string[]}
 */
function handlerFiles(handler, where, mode) {
  if (typeof handler !== "string" || handler === "") {
    throw fault(`${where} is missing; write it as FILE.FUNCTION, like hello.handler`);
  }
  if (mode === "console") {
    const form = "the path of a script, like bin/migrate.lua";
    check(handler.split("/"), handler, where, form);
    if (!handler.endsWith(".lua")) {
      throw fault(`${where}: "${handler}" does not end in .lua; write it as ${form}`);
    }
    return [handler];
  }
  const dot = handler.lastIndexOf(".");
  const module = dot === -1 ? handler : handler.slice(0, dot);
  const segments = module.split(/[./]/);
  const form = "FILE.FUNCTION, with the file's path below the service and without its .lua";
  check(dot === -1 ? segments : [...segments, handler.slice(dot + 1)], handler, where, form);
  const path = segments.join("/");
  return [`${path}.lua`, `${path}/init.lua`];
}

/**
 * @param {string[]} segments
 * @param {string} handler
 * @param {string} where
 * @param {string} form
 */
function check(segments, handler, where, form) {
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw fault(`${where}: "${handler}" is malformed; write it as ${form}`);
  }
}

/**
 * @param {string} message
 * @returns {Error}
 */
function fault(message) {
  return new Fault("HANDLER", message);
}

module.exports = { handlerFiles };
