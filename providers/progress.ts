import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Writes passing remarks onto the row of one resource in Pulumi's display. */
export interface Progress {
  say(message: string): void;
}

/**
 * Progress for one resource. A dynamic provider is not told its URN, so the resource passes it as an input; the
 * engine's address is the last argument of the provider's process.
 */
export function progressOf(urn: string): Progress {
  const address = process.argv.at(-1) ?? "";
  if (!/:\d+$/.test(address)) return { say: () => undefined };
  const client = new EngineClient(address, credentials.createInsecure());
  return {
    say: (message) => {
      const request = new LogRequest();
      request.setSeverity(LogSeverity.INFO);
      request.setUrn(urn);
      request.setMessage(message);
      request.setEphemeral(true);
      client.log(request, () => undefined);
    },
  };
}
