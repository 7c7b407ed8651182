"use strict";

const { checkArn } = require("./arn");
const { Fault } = require("./fault");
const { ARCHITECTURES } = require("./runtimes");
const { readVersions } = require("./versions");

/** @typedef {import("./settings").Intrinsic} Intrinsic */
/** @typedef {import("./settings").Settings} Settings */

/** Where Serverless deploys to when nobody says. */
const DEFAULT_REGION = "us-east-1";

/**
 * A layer and where it comes from.
 *
 * @typedef {object} Layer
 * @property {string} name as `lua-54-x86_64`
 * @property {string | Intrinsic} [arn] what a function's `layers` take
 * @property {string} [zip] the zip to publish with the service, in place of an ARN
 * @property {string} from the setting or the file that named it
 */

/**
 * Finds the layers for one deployment. The first that answers wins: `custom.lua.layerArn`,
 * `custom.lua.layerZip`, then versions.json.
 */
class Layers {
  /**
   * @param {Settings} settings
   * @param {object} deployment
   * @param {string} deployment.region
   * @param {string} deployment.serviceDir
   */
  constructor(settings, { region, serviceDir }) {
    this.settings = settings;
    this.region = region;
    this.serviceDir = serviceDir;
    /** @type {Map<string, Layer>} */
    this.found = new Map();
  }

  /**
   * The layer of this name.
   *
   * @param {string} name
   * @returns {Layer}
   */
  find(name) {
    let layer = this.found.get(name);
    if (!layer) {
      layer = this.named(name) ?? this.published(name);
      this.found.set(name, layer);
    }
    return layer;
  }

  /**
   * Refuses one ARN or one zip for layers that differ: whichever it is, the others need another.
   *
   * @param {Map<string, string[]>} needed the functions that need a layer, by its name
   */
  checkOneForAll(needed) {
    const { layerArn, layerZip } = this.settings;
    if (needed.size < 2 || (layerArn === null && layerZip === null)) return;
    const setting = layerArn === null ? "layerZip" : "layerArn";
    const uses = [...needed].map(([name, functions]) => `${name} (${functions.join(", ")})`);
    throw new Fault(
      "ONE_LAYER",
      `custom.lua.${setting} is for one layer, but the functions need ${uses.join(" and ")}; ` +
        `write one for each: custom.lua.${setting}.${[...needed.keys()][0]}, and so on`,
    );
  }

  /**
   * The layer that `custom.lua` names, if it does.
   *
   * @param {string} name
   * @returns {Layer | null}
   */
  named(name) {
    const { layerArn, layerArns, layerZip, layerZips } = this.settings;
    const arn = layerArn ?? layerArns[name];
    if (arn !== undefined) {
      const from = layerArn === null ? `custom.lua.layerArn.${name}` : "custom.lua.layerArn";
      if (typeof arn === "string") {
        checkArn(arn, { where: from, region: this.region, layer: name });
      }
      return { name, arn, from };
    }
    const zip = layerZip ?? layerZips[name];
    if (zip === undefined) return null;
    const from = layerZip === null ? `custom.lua.layerZip.${name}` : "custom.lua.layerZip";
    // Loaded here, so that a service without a zip does not wait for it.
    const { checkLayerZip } = require("./layer-zip");
    const architecture = ARCHITECTURES.find((each) => name.endsWith(`-${each}`)) ?? "";
    return { name, zip: checkLayerZip(zip, this.serviceDir, from, architecture), from };
  }

  /**
   * The layer as versions.json has it.
   *
   * @param {string} name
   * @returns {Layer}
   */
  published(name) {
    const { file, layers } = readVersions(this.settings.versions, this.serviceDir);
    const entry = layers[name]?.[this.region];
    if (entry) {
      checkArn(entry.arn, { where: file, region: this.region, layer: name });
      return { name, arn: entry.arn, from: file };
    }
    const regions = Object.keys(layers[name] ?? {}).sort();
    const why = regions.length
      ? `it is published in ${regions.join(", ")}`
      : "it is published in no region";
    // Serverless fills the default in before any plugin could see that nobody named a region.
    const defaulted =
      this.region === DEFAULT_REGION
        ? " (Serverless's default where neither provider.region nor --region names one)"
        : "";
    throw new Fault(
      "NO_LAYER",
      `there is no layer ${name} for ${this.region}${defaulted}: ${why} by ${file}. ` +
        "A layer has to be published first: moonlayer layer publish does so to your own account " +
        "and writes a versions.json for custom.lua.versions. Or name an ARN in " +
        "custom.lua.layerArn, or the zip of moonlayer layer build in custom.lua.layerZip",
    );
  }
}

module.exports = { DEFAULT_REGION, Layers };
