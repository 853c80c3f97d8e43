import { ipv4Network, overlap } from "../ipv4";
import type { ResolvedNetwork } from "../resolved";
import type { Mistakes } from "../source/mistakes";
import type { MapNode } from "../source/node";
import { sourceAt } from "./check-layer";

/** Refuses networks that no hypervisor can have side by side: with one bridge, or with addresses in common. */
export function checkSharedNetworks(
  farm: MapNode,
  networks: readonly ResolvedNetwork[],
  mistakes: Mistakes,
): void {
  const made = networks.filter(({ mode }) => mode !== "existing");
  made.forEach((network, index) => {
    for (const other of made.slice(0, index)) {
      if (!meet(network, other)) continue;
      const at = (key: string) => sourceAt(farm, ["networks", network.name, key]);
      if (network.bridge !== undefined && network.bridge === other.bridge) {
        mistakes.at(at("bridge"), {
          what: `networks "${other.name}" and "${network.name}" have the same bridge`,
          found: network.bridge,
          remedy: "give one of them another bridge, or leave it out: guest-farm finds one",
        });
      }
      const [one, two] = [network, other].map(({ cidr }) =>
        cidr === undefined ? undefined : ipv4Network(cidr),
      );
      if (one !== undefined && two !== undefined && overlap(one, two)) {
        mistakes.at(at("cidr"), {
          what: `networks "${other.name}" and "${network.name}" have addresses in common`,
          found: `${other.cidr ?? ""} and ${network.cidr ?? ""}`,
          allowed: "networks that do not overlap",
          remedy: "give one of them another cidr, or put them on different hypervisors",
        });
      }
    }
  });
}

function meet({ hypervisors: here }: ResolvedNetwork, { hypervisors: there }: ResolvedNetwork): boolean {
  return here === undefined || there === undefined || here.some((name) => there.includes(name));
}
