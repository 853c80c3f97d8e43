import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Writes onto the row of one resource in Pulumi's display. */
export interface Progress {
  /** A passing remark: the next one takes its place. */
  say(message: string): void;
  /** A remark that stays. */
  note(message: string): void;
  /** A warning that stays. */
  warn(message: string): void;
}

/**
 * Progress for one resource. A dynamic provider is not told its URN, so the resource passes it as an input; the
 * engine's address is the last argument of the provider's process.
 */
export function progressOf(urn: string): Progress {
  const address = process.argv.at(-1) ?? "";
  if (!/:\d+$/.test(address)) {
    return { say: () => undefined, note: () => undefined, warn: () => undefined };
  }
  const client = new EngineClient(address, credentials.createInsecure());
  const log = (severity: LogSeverity, message: string, passing: boolean) => {
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(passing);
    client.log(request, () => undefined);
  };
  return {
    say: (message) => log(LogSeverity.INFO, message, true),
    note: (message) => log(LogSeverity.INFO, message, false),
    warn: (message) => log(LogSeverity.WARNING, message, false),
  };
}
