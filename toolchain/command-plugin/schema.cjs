"use strict";

const { resources, run } = require("./properties.cjs");

const number = { type: "number" };
const integer = { type: "integer" };
const text = { type: "string" };

/** The properties of a login, and of a proxy in front of it. */
const login = {
  host: text,
  port: { ...number, default: 22 },
  user: { ...text, default: "root" },
  password: { ...text, secret: true },
  privateKey: { ...text, secret: true },
  privateKeyPassword: { ...text, secret: true },
  agentSocketPath: text,
  hostKey: text,
  dialErrorLimit: { ...integer, default: 10 },
  perDialTimeout: { ...integer, default: 15 },
};

const logging = {
  type: "string",
  enum: ["stdout", "stderr", "stdoutAndStderr", "none"].map((value) => ({ name: value, value })),
};

const types = {
  "command:local:Logging": logging,
  "command:remote:Logging": logging,
  "command:remote:ProxyConnection": { type: "object", properties: login, required: ["host"] },
  "command:remote:Connection": {
    type: "object",
    properties: { ...login, proxy: { $ref: "#/types/command:remote:ProxyConnection" } },
    required: ["host"],
  },
};

/** @param {import("./properties.cjs").PropertyTable} table */
function propertySpecs(table) {
  return Object.fromEntries(
    Object.entries(table).map(([name, { schema, about, fallback, replaces, secret }]) => [
      name,
      {
        ...schema,
        description: about,
        ...(fallback === undefined ? {} : { default: fallback }),
        ...(replaces ? { replaceOnChanges: true } : {}),
        ...(secret ? { secret: true } : {}),
      },
    ]),
  );
}

/** @param {import("./properties.cjs").PropertyTable} table */
const requiredOf = (table) => Object.keys(table).filter((name) => table[name]?.required);

/**
 * The package schema: what `pulumi package get-schema command` shows.
 * @param {string} version
 */
function packageSchema(version) {
  return {
    name: "command",
    version,
    description: "Runs commands on this machine and on remote hosts as resources.",
    types,
    resources: Object.fromEntries(
      Object.entries(resources).map(([token, { inputs, outputs }]) => {
        const all = { ...inputs, ...outputs };
        return [
          token,
          {
            inputProperties: propertySpecs(inputs),
            requiredInputs: requiredOf(inputs),
            properties: propertySpecs(all),
            required: requiredOf(all),
          },
        ];
      }),
    ),
    functions: {
      "command:local:run": {
        inputs: { type: "object", properties: propertySpecs(run.inputs), required: requiredOf(run.inputs) },
        outputs: {
          type: "object",
          properties: propertySpecs({ ...run.inputs, ...run.outputs }),
          required: requiredOf({ ...run.inputs, ...run.outputs }),
        },
      },
    },
  };
}

module.exports = { packageSchema };
