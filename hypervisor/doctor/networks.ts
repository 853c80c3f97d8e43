import type { HypervisorHost } from "../host";
import { find, parseXml } from "../domain/xml/parse";
import { check, type Check } from "./check";

/** What a bridge does before it lets the packets of a new port through. */
export interface BridgeSettings {
  readonly spanningTree: boolean;
  /** Seconds that each state before forwarding takes. */
  readonly forwardDelay: number;
}

/** With spanning tree the kernel takes no shorter forward delay, whatever is written in a definition. Seconds. */
const LEAST_FORWARD_DELAY = 2;

/** Seconds that a guest waits for its first packet: a new port listens for one forward delay, and learns for another. */
export function startDelay({ spanningTree, forwardDelay }: BridgeSettings): number {
  return spanningTree ? 2 * Math.max(LEAST_FORWARD_DELAY, forwardDelay) : 0;
}

/** The bridge that a network's definition names, and how it is to be set; null: it has none, or is a device's. */
export function bridgeOf(xml: string): { readonly name: string; readonly settings: BridgeSettings } | null {
  const network = parseXml(xml);
  const bridge = find(network, "bridge")?.attributes;
  if (bridge?.["name"] === undefined) return null;
  // A bridge of the host's own is none that libvirt sets up.
  const hosts = find(network, "forward")?.attributes["mode"] === "bridge";
  const spanningTree = !hosts && bridge["stp"] !== "off";
  return { name: bridge["name"], settings: { spanningTree, forwardDelay: Number(bridge["delay"] ?? 0) } };
}

/** For each bridge that is there: its name, whether spanning tree is on (0: no), and its forward delay in hundredths. */
const LOOK = `for name; do
  at=/sys/class/net/$name/bridge
  [ -r "$at/stp_state" ] && echo "$name $(cat "$at/stp_state") $(cat "$at/forward_delay")"
done
exit 0`;

/** Reads what `LOOK` prints. */
export function readBridges(text: string): ReadonlyMap<string, BridgeSettings> {
  const lines = text.split("\n").map((line) => line.split(" "));
  return new Map(
    lines.flatMap(([name = "", state, delay]) =>
      state === undefined || delay === undefined
        ? []
        : [[name, { spanningTree: state !== "0", forwardDelay: Number(delay) / 100 }] as const],
    ),
  );
}

/**
 * How long guests on each of the hypervisor's networks wait at every start, whoever made the network. One that is off
 * delays nobody now, and is no warning. Says nothing where libvirt has no networks.
 */
export async function checkNetworkDelays(host: HypervisorHost): Promise<readonly Check[]> {
  const [all, active] = await Promise.all([networkNames(host, "--all"), networkNames(host)]);
  const found = await Promise.all(
    all.map(async (name) => {
      const { exitCode, stdout } = await host.tryVirsh(["net-dumpxml", "--network", name]);
      return { name, bridge: exitCode === 0 ? bridgeOf(stdout) : null };
    }),
  );
  const bridged = found.flatMap(({ name, bridge }) => (bridge === null ? [] : [{ name, bridge }]));
  if (bridged.length === 0) return [];
  const argv = ["sh", "-c", LOOK, "sh", ...bridged.map(({ bridge }) => bridge.name)];
  const kernel = readBridges((await host.shell.run({ argv })).stdout);
  return bridged.map(({ name, bridge }) =>
    // What the kernel does counts, where it can be seen.
    delayCheck(name, kernel.get(bridge.name) ?? bridge.settings, active.includes(name)),
  );
}

function delayCheck(name: string, settings: BridgeSettings, on: boolean): Check {
  const seconds = startDelay(settings);
  const found = seconds === 0 ? "no delay" : `spanning tree: ${seconds} s at each start of a guest`;
  return check(`network ${name}, delay`, on ? found : `off; ${found}`, "no delay", {
    passed: seconds === 0 || !on,
    otherwise: "warning",
    remedy:
      `guests on it wait ${seconds} s for their first packet; networks that the farm makes have no delay; ` +
      "for this one, if it is yours: stp='off' in its <bridge> (virsh net-edit), or on the host's bridge",
  });
}

async function networkNames(host: HypervisorHost, ...which: readonly string[]): Promise<readonly string[]> {
  const { exitCode, stdout } = await host.tryVirsh(["net-list", "--name", ...which]);
  return exitCode === 0 ? stdout.split("\n").flatMap((line) => line.trim() || []) : [];
}
