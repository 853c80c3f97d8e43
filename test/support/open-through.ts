import type { HostConnectionSpec } from "../../hypervisor/spec";
import type { Shell } from "../../connections/shell";
import { nodesOfHost } from "../../connections/ssh/node";
import { SshSession } from "../../connections/ssh/session";
import { openSshShell } from "../../connections/ssh/shell";

type SshHost = Extract<HostConnectionSpec, { type: "ssh" }>;

/** A shell on a host that is only reached through others, and what it takes to close all of them. */
export function openThrough(
  hops: readonly SshHost[],
  host: SshHost,
): { shell: Shell; close: () => Promise<void> } {
  const sessions: SshSession[] = [];
  for (const hop of hops) {
    const through = sessions.at(-1);
    sessions.push(new SshSession({ nodes: nodesOfHost(hop), ...(through && { through }) }));
  }
  const shell = openSshShell(host, sessions.at(-1));
  return {
    shell,
    close: async () => {
      await shell.close();
      for (const session of sessions.reverse()) await session.close();
    },
  };
}
