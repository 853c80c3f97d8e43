"use strict";

const { randomBytes } = require("node:crypto");
const { copyToRemote } = require("./copy-to-remote.cjs");
const { runLocal } = require("./local-command.cjs");
const { runRemote } = require("./remote-command.cjs");
const { reveal, UNKNOWN } = require("./values.cjs");

/**
 * @typedef {import("./values.cjs").Properties} Properties
 * @typedef {(line: string) => void} Show
 */

/**
 * What the engine may ask of a resource. `state` is inputs and outputs; secrets in it stay marked as such.
 * @typedef {object} Resource
 * @property {(name: string) => string} newId
 * @property {(inputs: Properties) => Properties} preview the state after a create or update that is only planned
 * @property {(inputs: Properties, show: Show) => Promise<Properties>} create
 * @property {(inputs: Properties, state: Properties, show: Show) => Promise<Properties>} update
 * @property {(state: Properties, show: Show) => Promise<void>} remove
 */

const randomDigits = () => randomBytes(4).toString("hex");

/**
 * A resource whose life is commands.
 *
 * @param {(command: string, inputs: Properties, previous: Properties, show: Show) => Promise<Properties>} run
 * @returns {Resource}
 */
function commandResource(run) {
  const nothingPrinted = { stdout: "", stderr: "" };
  return {
    newId: (name) => `${name}${randomDigits()}`,
    preview: (inputs) => ({ ...inputs, stdout: UNKNOWN, stderr: UNKNOWN, ...unknownFiles(inputs) }),
    async create(inputs, show) {
      const plain = reveal(inputs);
      const outputs = plain.create === undefined ? {} : await run(plain.create, plain, {}, show);
      return { ...inputs, ...nothingPrinted, ...outputs };
    },
    async update(inputs, state, show) {
      const plain = reveal(inputs);
      const { stdout = "", stderr = "", assets, archive } = reveal(state);
      const command = plain.update ?? plain.create;
      const outputs = command === undefined ? {} : await run(command, plain, { stdout, stderr }, show);
      const kept = { stdout, stderr, ...(assets ? { assets } : {}), ...(archive ? { archive } : {}) };
      return { ...inputs, ...kept, ...outputs };
    },
    async remove(state, show) {
      const plain = reveal(state);
      if (plain.delete !== undefined) await run(plain.delete, plain, plain, show);
    },
  };
}

/** @param {Properties} inputs */
function unknownFiles(inputs) {
  return {
    ...(inputs.assetPaths ? { assets: UNKNOWN } : {}),
    ...(inputs.archivePaths ? { archive: UNKNOWN } : {}),
  };
}

/** @type {Resource} */
const copy = {
  newId: randomDigits,
  preview: (inputs) => ({ ...inputs }),
  async create(inputs, show) {
    await copyToRemote(reveal(inputs), show);
    return { ...inputs };
  },
  async update(inputs, state, show) {
    const [before, now] = [reveal(state), reveal(inputs)];
    const sameContent = before.source?.hash === now.source.hash;
    if (!sameContent || before.remotePath !== now.remotePath) await copyToRemote(now, show);
    return { ...inputs };
  },
  remove: () => Promise.resolve(),
};

/** @type {Record<string, Resource>} */
const resources = {
  "command:local:Command": commandResource(runLocal),
  "command:remote:Command": commandResource(runRemote),
  "command:remote:CopyToRemote": copy,
};

module.exports = { resources };
