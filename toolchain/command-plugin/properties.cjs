"use strict";

/**
 * A property of a resource: its schema (Pulumi package schema) and what the plugin needs to know beyond that.
 * @typedef {object} Property
 * @property {Record<string, unknown>} schema
 * @property {string} about
 * @property {boolean} [required]
 * @property {unknown} [fallback]
 * @property {boolean} [replaces] a change makes a new resource
 * @property {boolean} [secret]
 */

/** @typedef {Record<string, Property>} PropertyTable */

const text = { type: "string" };
const flag = { type: "boolean" };
const texts = { type: "array", items: text };
const textsByName = { type: "object", additionalProperties: text };
const anything = { type: "array", items: { $ref: "pulumi.json#/Any" } };
/** @param {string} name */
const typeOf = (name) => ({ $ref: `#/types/command:${name}` });

/** @type {PropertyTable} */
const lifecycle = {
  create: {
    schema: text,
    about: "Run when the resource is created, and on updates when `update` is not given.",
  },
  update: { schema: text, about: "Run when an input has changed." },
  delete: { schema: text, about: "Run when the resource is deleted." },
  triggers: { schema: anything, about: "A changed value here replaces the resource.", replaces: true },
};

/** @type {PropertyTable} */
const execution = {
  stdin: { schema: text, about: "What the command reads on its standard input." },
  environment: { schema: textsByName, about: "Further environment variables of the command." },
  addPreviousOutputInEnv: {
    schema: flag,
    about: "Whether the next run sees this run's output in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.",
    fallback: true,
  },
};

/** @type {PropertyTable} */
const localExecution = {
  ...execution,
  logging: {
    schema: typeOf("local:Logging"),
    about: "Which output is shown while the command runs; both by default.",
  },
  interpreter: { schema: texts, about: "Program and arguments that get the command as last argument." },
  dir: { schema: text, about: "The command's working folder; it must exist." },
  assetPaths: { schema: texts, about: "Patterns of files to return as assets." },
  archivePaths: { schema: texts, about: "Patterns of files to return as one archive." },
};

/** @type {PropertyTable} */
const connection = {
  connection: { schema: typeOf("remote:Connection"), about: "How to log in.", required: true, secret: true },
};

/** @type {PropertyTable} */
const printed = {
  stdout: { schema: text, about: "What the command printed on its standard output.", required: true },
  stderr: { schema: text, about: "What the command printed on its standard error.", required: true },
};

/** @type {PropertyTable} */
const collected = {
  assets: {
    schema: { type: "object", additionalProperties: { $ref: "pulumi.json#/Asset" } },
    about: "The files of `assetPaths` by their path relative to `dir`.",
  },
  archive: { schema: { $ref: "pulumi.json#/Archive" }, about: "The files of `archivePaths`." },
};

/** The inputs and the further outputs of each resource. */
const resources = {
  "command:local:Command": {
    inputs: { ...lifecycle, ...localExecution },
    outputs: { ...printed, ...collected },
  },
  "command:remote:Command": {
    inputs: {
      ...connection,
      ...lifecycle,
      ...execution,
      logging: { schema: typeOf("remote:Logging"), about: "Which output is shown; both by default." },
    },
    outputs: printed,
  },
  "command:remote:CopyToRemote": {
    inputs: {
      ...connection,
      source: { schema: { $ref: "pulumi.json#/Asset" }, about: "The file, folder or text.", required: true },
      remotePath: { schema: text, about: "Where it goes.", required: true },
      triggers: lifecycle.triggers,
    },
    outputs: {},
  },
};

const run = {
  inputs: { ...localExecution, command: { schema: text, about: "The command.", required: true } },
  outputs: { ...printed, ...collected },
};

module.exports = {
  resources: /** @type {Record<string, { inputs: PropertyTable, outputs: PropertyTable }>} */ (resources),
  run,
};
