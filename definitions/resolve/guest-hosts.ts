import { nearestName, oneOf } from "../nearest";
import type { ResolvedGuest, ResolvedHypervisor } from "../resolved";
import type { Mistakes } from "../source/mistakes";
import type { MapNode } from "../source/node";
import { sourceAt } from "./check-layer";

/**
 * Hypervisors that are guests of the farm: every such guest has to be there, reached over SSH, and to live on a
 * hypervisor that is known before placement, because placement puts guests onto it. Where the farm has one hypervisor
 * that is no guest, that is the one.
 *
 * @returns the guests, those that carry hypervisors with a place. Mistakes: unknown guests, no place, levels in a loop.
 */
export function placeGuestHosts(
  farm: MapNode,
  hypervisors: readonly ResolvedHypervisor[],
  guests: readonly ResolvedGuest[],
  mistakes: Mistakes,
): ResolvedGuest[] {
  const hosts = new Map(hypervisors.flatMap(({ name, connection }) => hostGuest(name, connection)));
  const [ground, ...others] = hypervisors.filter(({ name }) => !hosts.has(name));
  const carriers = new Set(hosts.values());
  const placed = guests.map((guest): ResolvedGuest => {
    if (!carriers.has(guest.name)) return guest;
    const only = others.length === 0 ? ground?.name : undefined;
    return { ...guest, hypervisor: guest.hypervisor ?? only, isHypervisor: true };
  });
  for (const [name, host] of hosts) {
    const report = (mistake: Parameters<Mistakes["at"]>[1]): void =>
      mistakes.at(sourceAt(farm, ["hypervisors", name, "connection"]), mistake);
    const guest = placed.find((each) => each.name === host);
    if (guest === undefined) {
      const names = guests.map((each) => each.name);
      const nearest = nearestName(host, names);
      report({
        what: `hypervisor "${name}" is a guest that the farm does not have`,
        found: host,
        allowed: oneOf(names),
        remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
      });
    } else if (guest.connection === "agent") {
      report({
        what: `guest "${host}" is reached by its agent, but as a hypervisor it has to be reached over SSH`,
        remedy: "write connection: ssh for it",
      });
    } else if (guest.keepRunning) {
      report({
        what: `guest "${host}" stays on, but a hypervisor is only on while its guests need it`,
        found: "keepRunning: true",
        remedy: `take keepRunning out of guest "${host}"`,
      });
    } else if (guest.hypervisor === undefined) {
      report({
        what: `guest "${host}" is a hypervisor itself, so that it has to be said where it lives`,
        allowed: oneOf(hypervisors.filter((each) => each.name !== name).map((each) => each.name)),
        remedy: `write hypervisor: NAME into the guest "${host}"`,
      });
    } else {
      const loop = loopFrom(name, hosts, placed);
      if (loop !== null) {
        report({
          what: `hypervisor "${name}" would live in itself`,
          found: loop.join(" in "),
          allowed: "guests in guests down to a hypervisor that is no guest",
          remedy: `let guest "${host}" live on a hypervisor that is no guest`,
        });
      }
    }
  }
  return placed;
}

function hostGuest(
  name: string,
  connection: ResolvedHypervisor["connection"],
): readonly (readonly [string, string])[] {
  return connection.type === "guest" ? [[name, connection.guest]] : [];
}

/** The hypervisors from one down to where it is met again; null: it ends on the ground. */
function loopFrom(
  start: string,
  hosts: ReadonlyMap<string, string>,
  guests: readonly ResolvedGuest[],
): readonly string[] | null {
  const path = [start];
  for (;;) {
    const guest = hosts.get(path[path.length - 1] ?? "");
    const next = guests.find(({ name }) => name === guest)?.hypervisor;
    if (next === undefined) return null;
    path.push(next);
    if (next === start) return path;
    if (path.indexOf(next) < path.length - 1) return null;
  }
}
