"use strict";

const { failure, previousOutput, shownStreams, withoutLastNewline } = require("./local-command.cjs");
const { withSession } = require("./ssh.cjs");

/**
 * Runs a command on a remote host.
 *
 * Variables reach it only as far as the server's `AcceptEnv` lets them. (The official plugin fails when the server
 * refuses one; OpenSSH's client is not told.)
 *
 * @param {string} command
 * @param {import("./values.cjs").Properties} inputs without secrets' marks
 * @param {import("./local-command.cjs").Previous} previous
 * @param {(line: string) => void} show
 * @returns {Promise<import("./values.cjs").Properties>} stdout and stderr
 * @throws {Error} with the exit status and everything that the command printed
 */
async function runRemote(command, inputs, previous, show) {
  const environment = { ...inputs.environment, ...previousOutput(inputs, previous) };
  const streams = shownStreams(inputs.logging, show);
  const ending = await withSession(/** @type {any} */ (inputs.connection), show, (session) =>
    session.run(command, { environment, stdin: inputs.stdin, ...streams }),
  );
  if (ending.code !== 0) {
    const how = ending.signal ? `signal: ${ending.signal}` : `Process exited with status ${ending.code}`;
    throw failure(how, command, ending.output);
  }
  return { stdout: withoutLastNewline(ending.stdout), stderr: withoutLastNewline(ending.stderr) };
}

module.exports = { runRemote };
