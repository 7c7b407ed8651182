"use strict";

// What Serverless loads: it wires the parts into Serverless's hooks, commands and variables. Only
// what a deployment needs is loaded at once; each command loads its own part.

const { Fault } = require("./fault");
const { layersWith, luaFunctions, neededLayers, rewrite } = require("./functions");
const { Layers } = require("./layers");
const { checkHandlers, leaveOut } = require("./packaging");
const { RUNTIMES, isLua } = require("./runtimes");
const { isMap, readSettings } = require("./settings");

/** @typedef {import("./functions").LuaFunction} LuaFunction */
/** @typedef {import("./layers").Layer} Layer */

class MoonlayerPlugin {
  /**
   * @param {any} serverless
   * @param {Record<string, any>} options what the command line says, filled in later
   * @param {{log?: Record<string, (text: string) => void>}} [utils]
   */
  constructor(serverless, options, utils = {}) {
    this.serverless = serverless;
    this.options = options ?? {};
    this.log = utils.log;
    /** Serverless leaves a plugin out where another provider is in use. */
    this.provider = "aws";
    /** @type {Map<string, LuaFunction>} */
    this.functions = new Map();
    /** @type {Map<string, Layer>} the zips that the service publishes, by the layer's name */
    this.zips = new Map();
    /** @type {unknown} what is wrong, kept for the commands that cannot do with it */
    this.fault = null;

    this.configurationVariablesSources = {
      lua: { resolve: (/** @type {any} */ request) => this.resolveVariable(request) },
    };
    this.commands = require("./commands");
    const prepare = () => this.prepare();
    const finish = () => this.finish();
    this.hooks = {
      initialize: () => this.initialize(),
      "before:package:cleanup": prepare,
      "before:package:createDeploymentArtifacts": prepare,
      "after:package:createDeploymentArtifacts": finish,
      "before:deploy:function:initialize": prepare,
      "after:package:function:package": () => this.finish(this.options.function),
      "lua:invoke:run": () => require("./invoke").invoke(this),
      "lua:cli:run": () => require("./console").runConsole(this),
      "lua:layers:run": () => require("./listing").list(this),
    };
    this.extendSchema();
  }

  /** Lets our runtimes and settings through Serverless's check of the configuration. */
  extendSchema() {
    const handler = this.serverless.configSchemaHandler;
    const known = handler?.schema?.definitions?.awsLambdaRuntime?.enum;
    if (Array.isArray(known)) {
      // Misspelled ones too: our own message for them is the better one.
      const { provider, functions } = this.serverless.configurationInput ?? {};
      const written = [functions ?? []]
        .flat()
        .flatMap((some) => Object.values(some ?? {}))
        .map((each) => each?.runtime);
      const runtimes = new Set([...RUNTIMES, ...[provider?.runtime, ...written].filter(isLua)]);
      known.push(...[...runtimes].filter((each) => !known.includes(each)));
    }
    // What it may hold is checked by settings.js, which knows what was probably meant.
    handler?.defineCustomProperties?.({ properties: { lua: { type: "object" } } });
  }

  /**
   * The region of the deployment.
   *
   * @returns {string}
   */
  region() {
    return this.serverless.getProvider("aws").getRegion();
  }

  /** Where the layers of this deployment are found. */
  layers() {
    return new Layers(readSettings(this.serverless.service.custom?.lua), {
      region: this.region(),
      serviceDir: this.serverless.serviceDir,
    });
  }

  /**
   * Runs for every command, `remove` and `logs` as well: what is wrong must not keep those from
   * working, so it is kept.
   */
  initialize() {
    try {
      this.rewriteFunctions();
    } catch (error) {
      this.fault = error;
    }
  }

  /** Begins what packages: what is wrong ends it, and functions that came since are seen to. */
  prepare() {
    if (this.fault) throw this.fault;
    this.rewriteFunctions();
  }

  /**
   * Makes each Lua function one that Lambda knows: all of them, or none if one is wrong. The
   * commands of ours that run here do without layers, so the functions are known before those are.
   */
  rewriteFunctions() {
    const { service } = this.serverless;
    const fresh = luaFunctions(service);
    fresh.forEach((lua) => this.functions.set(lua.name, lua));
    const all = this.present();
    const layers = this.layers();
    layers.checkOneForAll(neededLayers(all));
    const lists = fresh.map((lua) => {
      const layer = layers.find(lua.layer);
      return layersWith(lua, service.provider, layer.arn ?? this.reference(layer));
    });
    this.publishZips();
    fresh.forEach((lua, at) => rewrite(lua, lists[at]));
    const zips = [...this.zips.values()].map(({ zip }) => zip ?? "");
    leaveOut(service, all, zips, this.serverless.serviceDir);
  }

  /**
   * The Lua functions that the service still has: another plugin may have taken one out, or put a
   * copy in its place.
   *
   * @returns {LuaFunction[]}
   */
  present() {
    const { functions } = this.serverless.service;
    return [...this.functions.values()]
      .filter(({ name }) => isMap(functions[name]))
      .map((lua) => ({ ...lua, definition: functions[lua.name] }));
  }

  /**
   * What a function's `layers` hold for a layer that the service publishes itself.
   *
   * @param {Layer} layer one with a zip
   * @returns {{Ref: string}}
   */
  reference(layer) {
    this.zips.set(layer.name, layer);
    const { naming } = this.serverless.getProvider("aws");
    return { Ref: naming.getLambdaLayerLogicalId(layer.name) };
  }

  /** Adds the zips to the service's own layers. */
  publishZips() {
    if (this.zips.size > 0) require("./publishing").publishZips(this);
  }

  /**
   * Ends what packages.
   *
   * @param {string} [only] the one function that is packaged
   */
  finish(only) {
    const functions = this.present().filter(({ name }) => !only || name === only);
    checkHandlers(this.serverless.service, functions, this.serverless.serviceDir);
  }

  /**
   * Answers `${lua:layer.lua-54}` and `${lua:layer.lua-54-arm64}`.
   *
   * @param {any} request
   * @returns {Promise<{value: unknown}>}
   */
  async resolveVariable(request) {
    try {
      return await require("./variable").resolve(this, request);
    } catch (error) {
      // Here alone Serverless prints the stack of its users' own errors.
      if (error instanceof Fault) error.stack = error.message;
      throw error;
    }
  }
}

module.exports = MoonlayerPlugin;
