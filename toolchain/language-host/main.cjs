"use strict";

// The Pulumi language host for Node programs, for machines on which the official one cannot be had (it is not on the Go
// module proxy). It speaks `pulumirpc.LanguageRuntime` and leaves the work to the SDK that the program has installed.

const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");
const { watchParent } = require("../plugin-kit/lifeline.cjs");
const { serve } = require("../plugin-kit/serve.cjs");
const { signalPrograms } = require("./program.cjs");
const { languageRuntime } = require("./service.cjs");

/** Time for programs to end after a signal was handed on, in milliseconds. */
const GRACE_MS = 200;

const args = process.argv.slice(2);
// The engine puts its own address last.
const engineAddress = args.at(-1) ?? "";
const tracing = args.find((arg) => arg.startsWith("--tracing="))?.slice("--tracing=".length) ?? "";

/** @param {NodeJS.Signals} signal */
function leave(signal) {
  signalPrograms(signal);
  setTimeout(() => process.exit(0), GRACE_MS);
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
  process.on(signal, () => leave(signal));
watchParent(() => leave("SIGKILL"), engineAddress);
serve(LanguageRuntimeService, languageRuntime(engineAddress, tracing));
