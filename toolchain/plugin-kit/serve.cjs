"use strict";

const grpc = require("@grpc/grpc-js");
const { refuseForeignPeers } = require("./own-peers.cjs");

/** Messages carry whole states and outputs of commands: no limit here, the engine has its own. */
const SERVER_OPTIONS = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

/**
 * Serves one gRPC service on a free loopback port and tells the engine the port on the first line of stdout, as every
 * Pulumi plugin does.
 *
 * @param {grpc.ServiceDefinition} service
 * @param {grpc.UntypedServiceImplementation} implementation handlers by method name; a missing one answers
 *   "unimplemented"
 * @returns {void}
 */
function serve(service, implementation) {
  refuseForeignPeers();
  const server = new grpc.Server(SERVER_OPTIONS);
  server.addService(service, implementation);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) {
      process.stderr.write(`cannot listen on the loopback address: ${error.message}\n`);
      process.exit(1);
    }
    process.stdout.write(`${port}\n`);
  });
}

/**
 * Turns a plain (possibly asynchronous) function of the request into a gRPC handler. An error becomes the answer's
 * details, which the engine shows to the user.
 *
 * @template Request, Response
 * @param {(request: Request) => Response | Promise<Response>} answer
 * @returns {grpc.handleUnaryCall<Request, Response>}
 */
function unary(answer) {
  return (call, respond) => {
    Promise.resolve()
      .then(() => answer(call.request))
      .then(
        (response) => respond(null, response),
        (error) => respond(asServiceError(error)),
      );
  };
}

/**
 * @param {unknown} error
 * @returns {Partial<grpc.StatusObject>}
 */
function asServiceError(error) {
  const details = error instanceof Error ? error.message : String(error);
  const { metadata, code } = /** @type {Partial<grpc.StatusObject>} */ (error ?? {});
  return { code: typeof code === "number" ? code : grpc.status.UNKNOWN, details, metadata };
}

module.exports = { serve, unary };
