import type { HostConnectionSpec } from "../hypervisor/spec";
import { openLocalShell } from "./local";
import type { Shell } from "./shell";
import { openSshShell } from "./ssh/shell";

/** A shell on the machine that a connection leads to. Connects at the first command. */
export function openShell(connection: HostConnectionSpec): Shell {
  return connection.type === "local" ? openLocalShell() : openSshShell(connection);
}
