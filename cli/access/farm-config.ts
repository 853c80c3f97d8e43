import { pinnedKnownHosts, sshConfig } from "../../connections/ssh/config";
import { quoteForShell } from "../../connections/quote";
import { FarmNodes } from "./farm-nodes";
import type { GuestAccessSpec } from "./spec";

/** Paths that the configuration of a farm refers to. */
export interface FarmConfigPaths {
  /** known_hosts file of the farm's guests. */
  readonly knownHosts: string;
  /** Socket of the agent that holds the farm's key, if one runs. */
  readonly agent?: string;
}

/** OpenSSH configuration and known_hosts file for a person who wants to get into the guests of a farm. No secrets. */
export function farmConfig(
  guests: readonly GuestAccessSpec[],
  paths: FarmConfigPaths,
): { readonly config: string; readonly knownHosts: string } {
  const nodes = new FarmNodes();
  const notes: string[] = [];
  const ways = guests.flatMap((guest) => {
    const way = nodes.guest(guest);
    if (way === null) notes.push(`# ${printable(guest.name)}: ${whyNot(guest)}`);
    return way === null ? [] : [way];
  });
  for (const { hypervisor } of guests) nodes.host(hypervisor);
  const ours = nodes.all.filter(({ hostKeys, userConfig }) => hostKeys !== undefined && userConfig !== true);
  const parts = [
    HEAD,
    ...(notes.length === 0 ? [] : [`${notes.join("\n")}\n`]),
    ...(paths.agent === undefined || ways.length === 0
      ? []
      : [
          agentBlock(
            ours.map(({ alias }) => alias),
            paths.agent,
          ),
        ]),
    sshConfig(nodes.all, { pinnedKnownHosts: paths.knownHosts, attended: true }),
  ];
  return { config: parts.join("\n"), knownHosts: pinnedKnownHosts(nodes.all) };
}

const HEAD = `# Written by guest-farm, anew at every update: changes are lost. It holds no secret.
#   ssh -F <this file> <guest>
# logs in with your own key, if the guest has it (seed.users[].keys in the farm file), or with the farm's key
# while "guest-farm ssh-agent" runs. "guest-farm ssh <guest>" needs neither.
`;

/** An agent that has ended must not keep ssh from using the person's own keys. */
function agentBlock(aliases: readonly string[], agent: string): string {
  const socket = quoteForShell(agent).replaceAll("%", "%%");
  return `Match originalhost ${aliases.join(",")} exec "test -S ${socket} && test -O ${socket}"
  IdentityAgent "${agent.replaceAll("%", "%%")}"
`;
}

function whyNot({ connection }: GuestAccessSpec): string {
  return connection.type === "agent"
    ? "is reached by its guest agent; use guest-farm ssh, cp or console"
    : "its address is only known while it runs; use guest-farm ssh";
}

/** Fit for a comment. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
