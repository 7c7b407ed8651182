"use strict";

const FUNCTION = Object.freeze({
  usage: "Name of the function, as in serverless.yml",
  shortcut: "f",
  required: true,
  type: "string",
});

/** What `serverless --help` shows of ours. */
module.exports = {
  "lua:invoke": {
    usage: "Runs a Lua function on this machine, by moonlayer invoke",
    lifecycleEvents: ["run"],
    options: {
      function: FUNCTION,
      data: { usage: "The event, as JSON", shortcut: "d", type: "string" },
      path: {
        usage: "The file that holds the event, or - for stdin",
        shortcut: "p",
        type: "string",
      },
    },
  },
  "lua:cli": {
    usage: "Runs a console function in AWS and prints what it writes",
    lifecycleEvents: ["run"],
    options: {
      function: FUNCTION,
      args: { usage: "Its arguments, as on a command line", type: "string" },
    },
  },
  "lua:layers": {
    usage: "Lists the layers that there are, and those that the functions get",
    lifecycleEvents: ["run"],
  },
};
