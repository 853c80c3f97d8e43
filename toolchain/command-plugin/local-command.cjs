"use strict";

const path = require("node:path");
const { runChild } = require("./child.cjs");
const { selectAssets } = require("./globs.cjs");
const { assetArchive } = require("./values.cjs");

const SHELL = process.platform === "win32" ? ["cmd", "/C"] : ["/bin/sh", "-c"];

/**
 * The properties of a command that was run before, for those that want to see its output.
 * @typedef {{ stdout?: string, stderr?: string }} Previous
 */

/**
 * The variables with which a command sees what its last run printed, unless it does not want to.
 *
 * @param {{ addPreviousOutputInEnv?: boolean }} inputs
 * @param {Previous} previous
 * @returns {Record<string, string>}
 */
function previousOutput(inputs, previous) {
  if (inputs.addPreviousOutputInEnv === false) return {};
  return {
    ...(previous.stdout ? { PULUMI_COMMAND_STDOUT: previous.stdout } : {}),
    ...(previous.stderr ? { PULUMI_COMMAND_STDERR: previous.stderr } : {}),
  };
}

/**
 * Which streams of a command are shown while it runs: both unless `logging` says otherwise.
 *
 * @param {string | undefined} logging
 * @param {(line: string) => void} show
 */
function shownStreams(logging, show) {
  const both = logging === undefined || logging === "stdoutAndStderr";
  return {
    onStdoutLine: both || logging === "stdout" ? show : undefined,
    onStderrLine: both || logging === "stderr" ? show : undefined,
  };
}

/** @param {string} text */
const withoutLastNewline = (text) => (text.endsWith("\n") ? text.slice(0, -1) : text);

/**
 * @param {string} how
 * @param {string} command
 * @param {string} output
 */
function failure(how, command, output) {
  return new Error(`${how}: running ${JSON.stringify(command)}:\n${output}`);
}

/**
 * Runs a command on this machine.
 *
 * @param {string} command
 * @param {import("./values.cjs").Properties} inputs without secrets' marks
 * @param {Previous} previous
 * @param {(line: string) => void} show
 * @returns {Promise<import("./values.cjs").Properties>} stdout, stderr and, when asked for, assets and archive
 * @throws {Error} with the exit status and everything that the command printed
 */
async function runLocal(command, inputs, previous, show) {
  const folder = path.resolve(inputs.dir ?? ".");
  const argv = [...(inputs.interpreter?.length ? inputs.interpreter : SHELL), command];
  const env = { ...process.env, ...inputs.environment, ...previousOutput(inputs, previous) };
  const streams = shownStreams(inputs.logging, show);
  const ending = await runChild(argv, { cwd: folder, env, stdin: inputs.stdin, ...streams }).catch(
    (error) => {
      throw failure(`cannot start ${argv[0]} in ${folder}: ${error.message}`, command, "");
    },
  );
  if (ending.code !== 0) {
    const how = ending.signal ? `signal: ${ending.signal}` : `exit status ${ending.code}`;
    throw failure(how, command, ending.output);
  }
  return {
    stdout: withoutLastNewline(ending.stdout),
    stderr: withoutLastNewline(ending.stderr),
    ...(inputs.assetPaths ? { assets: selectAssets(folder, inputs.assetPaths) } : {}),
    ...(inputs.archivePaths ? { archive: assetArchive(selectAssets(folder, inputs.archivePaths)) } : {}),
  };
}

module.exports = { runLocal, previousOutput, shownStreams, withoutLastNewline, failure };
