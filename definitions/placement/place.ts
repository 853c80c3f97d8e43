import type { DomainType } from "../resolved";
import { hashName } from "./affinity";
import { demandKey, fitOf, weightOf, type Candidate, type Demand } from "./candidate";
import { match, type GuestClass } from "./matching";

export interface Placement {
  readonly guest: string;
  readonly hypervisor: string;
  readonly type: DomainType;
}

/** A guest that no hypervisor can run, or that is pinned to one that cannot run it. */
export interface Impossible {
  readonly guest: string;
  readonly reasons: readonly { readonly hypervisor: string; readonly reason: string }[];
}

export interface PlacementResult {
  /** In the order of the demands. */
  readonly placements: readonly Placement[];
  readonly impossible: readonly Impossible[];
}

/**
 * Decides where guests live. The same demands and candidates give the same answer on every machine and in whatever
 * order they come, without anything remembered; one guest or hypervisor more or less moves few guests.
 *
 * - Pins win. A guest goes only where it can run, and only to hypervisors with the first domain type of `order` that
 *   any of them has for it (KVM before emulation).
 * - A hypervisor gets at most ceil(1.25 x its share) of the guests that are placed; shares follow its capacity. Pinned
 *   guests are not counted: they add to the placed ones.
 */
export function placeGuests(
  demands: readonly Demand[],
  candidates: readonly Candidate[],
  order: readonly DomainType[] = ["kvm", "qemu"],
): PlacementResult {
  const hosts = [...candidates].sort((a, b) => (a.name < b.name ? -1 : 1));
  const guests = [...demands].sort((a, b) => (a.guest < b.guest ? -1 : 1));
  const placed = new Map<string, Placement>();
  const impossible = new Map<string, Impossible>();
  const options = new Map<string, HostOptions>();
  const classes = new Map<string, { readonly guests: number[]; readonly hosts: readonly number[] }>();
  guests.forEach((demand, index) => {
    if (demand.pin !== undefined) {
      placePinned(demand, demand.pin, hosts, order, placed, impossible);
      return;
    }
    const key = demandKey(demand);
    let option = options.get(key);
    if (option === undefined) options.set(key, (option = hostOptions(demand, hosts, order)));
    if (option.type === undefined) {
      impossible.set(demand.guest, { guest: demand.guest, reasons: option.reasons });
      return;
    }
    const hostsKey = option.hosts.join();
    const group = classes.get(hostsKey);
    if (group === undefined) classes.set(hostsKey, { guests: [index], hosts: option.hosts });
    else group.guests.push(index);
  });
  const groups: GuestClass[] = [...classes.values()];
  const assigned = match({
    guestHashes: Uint32Array.from(guests, ({ guest }) => hashName(guest)),
    hostHashes: Uint32Array.from(hosts, ({ name }) => hashName(name)),
    weights: Float64Array.from(hosts, weightOf),
    classes: groups,
  });
  guests.forEach((demand, index) => {
    const host = hosts[assigned[index] ?? -1];
    const type = options.get(demandKey(demand))?.type;
    if (demand.pin !== undefined || host === undefined || type === undefined) return;
    placed.set(demand.guest, { guest: demand.guest, hypervisor: host.name, type });
  });
  return {
    placements: demands.flatMap(({ guest }) => placed.get(guest) ?? []),
    impossible: demands.flatMap(({ guest }) => impossible.get(guest) ?? []),
  };
}

/** The hosts that guests of one kind may go to. */
interface HostOptions {
  /** Undefined: none can run them. */
  readonly type: DomainType | undefined;
  readonly hosts: readonly number[];
  readonly reasons: Impossible["reasons"];
}

function hostOptions(demand: Demand, hosts: readonly Candidate[], order: readonly DomainType[]): HostOptions {
  const fits = hosts.map((host) => fitOf(demand, host));
  for (const type of order) {
    const able = fits.flatMap((fit, index) => ("types" in fit && fit.types.includes(type) ? [index] : []));
    if (able.length > 0) return { type, hosts: able, reasons: [] };
  }
  const reasons = fits.map((fit, index) => ({
    hypervisor: hosts[index]?.name ?? "",
    reason: reasonOf(fit, order),
  }));
  return { type: undefined, hosts: [], reasons };
}

function placePinned(
  demand: Demand,
  pin: string,
  hosts: readonly Candidate[],
  order: readonly DomainType[],
  placed: Map<string, Placement>,
  impossible: Map<string, Impossible>,
): void {
  const { guest } = demand;
  const host = hosts.find(({ name }) => name === pin);
  if (host !== undefined && host.facts === undefined) {
    // Nothing can be checked: the caller knows that it did not answer, and lets the guest wait there.
    placed.set(guest, { guest, hypervisor: pin, type: demand.type ?? order[0] ?? "qemu" });
    return;
  }
  const fit = host === undefined ? { reason: "there is no such hypervisor" } : fitOf(demand, host);
  const type = "types" in fit ? order.find((each) => fit.types.includes(each)) : undefined;
  if (type !== undefined) placed.set(guest, { guest, hypervisor: pin, type });
  else impossible.set(guest, { guest, reasons: [{ hypervisor: pin, reason: reasonOf(fit, order) }] });
}

function reasonOf(fit: ReturnType<typeof fitOf>, order: readonly DomainType[]): string {
  return "reason" in fit
    ? fit.reason
    : `it has only ${fit.types.join(", ")}, and placement takes ${order.join(", ")}`;
}
