import { OWN_MEMORY_MIB } from "../builtin/defaults";
import type { ResolvedGuest, ResolvedHypervisor } from "../resolved";
import type { Mistakes } from "../source/mistakes";
import type { MapNode } from "../source/node";
import { sourceAt } from "./check-layer";

/**
 * Hypervisors that are guests: the guests that are pinned to one have to fit into its memory at once, or as many of
 * them as its `limits.maxGuests` lets run. Mistakes: too little memory.
 */
export function checkRoomInGuests(
  farm: MapNode,
  hypervisors: readonly ResolvedHypervisor[],
  guests: readonly ResolvedGuest[],
  mistakes: Mistakes,
): void {
  for (const { name, connection, limits } of hypervisors) {
    if (connection.type !== "guest") continue;
    const host = guests.find((guest) => guest.name === connection.guest);
    if (host === undefined) continue;
    const needs = guests.filter(({ hypervisor }) => hypervisor === name).map(({ memoryMiB }) => memoryMiB);
    const atOnce = sumOfLargest(needs, limits.maxGuests ?? needs.length);
    const room = Math.max(0, host.memoryMiB - OWN_MEMORY_MIB);
    if (atOnce <= room) continue;
    mistakes.at(sourceAt(farm, ["hypervisors", name, "connection"]), {
      what: `the guests of hypervisor "${name}" take ${atOnce} MiB at once, and guest "${host.name}" has ${room} MiB for them`,
      found: `${host.memoryMiB} MiB, of which it needs ${OWN_MEMORY_MIB} MiB itself`,
      remedy: `give guest "${host.name}" memory: ${atOnce + OWN_MEMORY_MIB}, or set limits.maxGuests of hypervisor "${name}"`,
    });
  }
}

function sumOfLargest(numbers: readonly number[], count: number): number {
  return [...numbers]
    .sort((a, b) => b - a)
    .slice(0, count)
    .reduce((sum, each) => sum + each, 0);
}
