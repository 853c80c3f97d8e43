import { nearestName, oneOf } from "../nearest";
import type { ResolvedNetwork } from "../resolved";
import { NetworkDefinition } from "../schemas/farm";
import type { Mistakes } from "../source/mistakes";
import { plainOf, type MapNode } from "../source/node";
import { sourceAt } from "./check-layer";
import { entriesOf } from "./sources";

/** The networks that a farm declares. */
export function resolveNetworks(
  farm: MapNode,
  hypervisors: readonly string[],
  mistakes: Mistakes,
): ResolvedNetwork[] {
  return entriesOf(farm, "networks").flatMap(([name, node]) => {
    const parsed = NetworkDefinition.safeParse(plainOf(node));
    if (!parsed.success) return [];
    const definition = parsed.data;
    definition.hypervisors?.forEach((hypervisor, index) => {
      if (hypervisors.includes(hypervisor)) return;
      const nearest = nearestName(hypervisor, hypervisors);
      mistakes.at(sourceAt(node, ["hypervisors", index]), {
        what: `there is no hypervisor "${hypervisor}"`,
        allowed: oneOf(hypervisors),
        remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
      });
    });
    return {
      name,
      mode: definition.mode ?? "nat",
      cidr: definition.cidr,
      bridge: definition.bridge,
      domain: definition.domain,
      autostart: definition.autostart ?? false,
      hypervisors: definition.hypervisors,
    };
  });
}
