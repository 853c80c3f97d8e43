import type { HypervisorHost } from "./host";

/** Longest time for one question, in milliseconds. */
const LIMIT_MS = 10_000;

/** What is asked, best first: only the guest itself knows for certain; a lease can be an old one. */
const SOURCES = ["agent", "lease", "arp"] as const;

/**
 * Addresses that a running guest may have, most likely first: what its agent says, leases of its cards, neighbours of
 * the host with its MAC addresses. Any of them may be stale: whoever connects has to check the host key.
 */
export async function guestAddresses(
  host: HypervisorHost,
  domain: string,
  macs: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const source of SOURCES) {
    const argv = ["domifaddr", "--domain", domain, "--full", "--source", source];
    const { exitCode, stdout } = await host.tryVirsh(argv, { timeoutMs: LIMIT_MS });
    if (exitCode === 0) found.push(...readInterfaces(stdout, macs));
  }
  const neighbours = await host.shell.run({ argv: ["ip", "neigh", "show"], timeoutMs: LIMIT_MS });
  if (neighbours.exitCode === 0) found.push(...readNeighbours(neighbours.stdout, macs));
  return [...new Set(found)];
}

/** Reads `virsh domifaddr`: ` vnet0  52:54:00:12:34:56  ipv4  192.168.122.7/24`. */
export function readInterfaces(text: string, macs: readonly string[]): readonly string[] {
  return addresses(
    text.split("\n").flatMap((line) => {
      const [, mac = "", , address = ""] = line.trim().split(/\s+/);
      return isOneOf(mac, macs) ? [address.replace(/\/\d+$/, "")] : [];
    }),
  );
}

/** Reads `ip neigh show`: `192.168.122.7 dev virbr0 lladdr 52:54:00:12:34:56 REACHABLE`. */
export function readNeighbours(text: string, macs: readonly string[]): readonly string[] {
  return addresses(
    text.split("\n").flatMap((line) => {
      const [, address = "", mac = "", state = ""] =
        /^(\S+) dev \S+ lladdr (\S+) .*?(\S+)\s*$/.exec(line) ?? [];
      return isOneOf(mac, macs) && state !== "FAILED" ? [address] : [];
    }),
  );
}

function isOneOf(mac: string, macs: readonly string[]): boolean {
  return macs.some((each) => each.toLowerCase() === mac.toLowerCase());
}

/** Without those that lead nowhere from another machine. */
function addresses(found: readonly string[]): readonly string[] {
  return found.filter(
    (address) => /^[0-9a-f.:]+$/i.test(address) && !/^(127\.|::1$|fe80:|169\.254\.)/i.test(address),
  );
}
