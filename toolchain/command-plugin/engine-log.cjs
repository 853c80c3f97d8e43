"use strict";

const grpc = require("@grpc/grpc-js");
const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb");
const { LogRequest, LogSeverity } = require("@pulumi/pulumi/proto/engine_pb");

/** Lines that may wait for the engine; of a flood only the newest are shown. */
const MOST_WAITING = 200;

/**
 * Shows lines on the row of a resource in Pulumi's display. They are status messages: the newest replaces the last.
 *
 * @param {string} engineAddress
 * @returns {{ status(urn: string, line: string): void, settled(): Promise<void> }} `settled`: all lines are delivered
 */
function engineLog(engineAddress) {
  const client = new EngineClient(engineAddress, grpc.credentials.createInsecure());
  /** @type {{ urn: string, line: string }[]} */
  const waiting = [];
  /** @type {Promise<void> | undefined} */
  let sending;

  /** @param {{ urn: string, line: string }} message */
  const send = ({ urn, line }) =>
    new Promise((resolve) => {
      const request = new LogRequest();
      request.setSeverity(LogSeverity.INFO);
      request.setUrn(urn);
      request.setMessage(line);
      request.setEphemeral(true);
      // An engine that does not listen any more is no reason to fail the command.
      client.log(request, () => resolve(undefined));
    });

  const sendAll = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await send(next);
    sending = undefined;
  };

  return {
    status(urn, line) {
      waiting.push({ urn, line });
      if (waiting.length > MOST_WAITING) waiting.shift();
      sending ??= sendAll();
    },
    async settled() {
      await sending;
    },
  };
}

module.exports = { engineLog };
