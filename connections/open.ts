import type { HostConnectionSpec } from "../hypervisor/spec";
import { openLocalShell } from "./local";
import type { Shell } from "./shell";
import { openSshShell } from "./ssh/shell";

/**
 * A shell on the machine that a connection leads to. Connects at the first command.
 *
 * @param onRetry told when a server let go of a login, which is tried again
 */
export function openShell(connection: HostConnectionSpec, onRetry?: (text: string) => void): Shell {
  return connection.type === "local" ? openLocalShell() : openSshShell(connection, undefined, onRetry);
}
