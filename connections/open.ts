import type { HostConnectionSpec } from "../hypervisor/spec";
import { openLocalShell } from "./local";
import type { Shell } from "./shell";

/** A shell on the machine that a connection leads to. Connects at the first command. */
export function openShell(connection: HostConnectionSpec): Shell {
  if (connection.type === "local") return openLocalShell();
  throw new Error(`connections of type ${connection.type} are not available`);
}
