import type { ResolvedGuest, ResolvedHypervisor } from "../resolved";
import type { Mistakes } from "../source/mistakes";
import type { MapNode } from "../source/node";
import { sourceAt } from "./check-layer";

/**
 * Data disks are volumes that the libvirt provider makes, which does not reach into guests. Mistakes: guests pinned to a
 * hypervisor that is a guest, with disks that the farm is to make.
 */
export function checkDataDisksInGuests(
  farm: MapNode,
  hypervisors: readonly ResolvedHypervisor[],
  guests: readonly ResolvedGuest[],
  mistakes: Mistakes,
): void {
  for (const { name, connection } of hypervisors) {
    if (connection.type !== "guest") continue;
    for (const guest of guests) {
      const disk = guest.extraDisks.find(({ path }) => path === undefined);
      if (guest.hypervisor !== name || disk === undefined) continue;
      mistakes.at(sourceAt(farm, ["hypervisors", name, "connection"]), {
        what: `guest "${guest.name}" wants a data disk that the farm makes, and hypervisor "${name}" is a guest, where it makes none`,
        found: `disk ${disk.name}`,
        remedy: `give the disk a path, make rootDisk larger, or let guest "${guest.name}" live elsewhere`,
      });
    }
  }
}
