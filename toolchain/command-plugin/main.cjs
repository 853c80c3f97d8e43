"use strict";

// A provider plugin with the resources of Pulumi's package `command` that this project uses, for machines on which the
// official plugin cannot be had. `test/engine/command-plugin.test.ts` holds both to the same behaviour.

const { ResourceProviderService } = require("@pulumi/pulumi/proto/provider_grpc_pb");
const { watchParent } = require("../plugin-kit/lifeline.cjs");
const { serve } = require("../plugin-kit/serve.cjs");
const { killAll } = require("./child.cjs");
const { engineLog } = require("./engine-log.cjs");
const { commandProvider } = require("./service.cjs");

function leave() {
  killAll();
  process.exit(0);
}

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, leave);
// The engine puts its own address last.
const engineAddress = process.argv.at(-1) ?? "";
watchParent(leave, engineAddress);
serve(ResourceProviderService, commandProvider(engineLog(engineAddress)));
