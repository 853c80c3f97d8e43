import type { DomainType, HypervisorLimits, ResolvedGuest } from "../resolved";
import type { HypervisorFacts } from "./facts";

/** A hypervisor as placement sees it. */
export interface Candidate {
  readonly name: string;
  /** Asked for, remembered, or declared. Undefined: nothing is known, no guest can be placed there. */
  readonly facts: HypervisorFacts | undefined;
  readonly limits: HypervisorLimits;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a guest needs of a hypervisor. */
export interface Demand {
  readonly guest: string;
  /** The hypervisor that it is pinned to. */
  readonly pin: string | undefined;
  readonly type: DomainType | undefined;
  readonly arch: string;
  readonly machine: string;
  /** An emulator that the user asked for; undefined: any for the architecture. */
  readonly emulator: string | undefined;
  readonly firmware: "bios" | "uefi" | "kernel";
  readonly vcpus: number;
  readonly memoryMiB: number;
  /** Sum of the sizes of its disks, as far as they are known. */
  readonly diskGiB: number;
  readonly labels: Readonly<Record<string, string>>;
}

export function demandOf(guest: ResolvedGuest): Demand {
  const disks = guest.extraDisks.reduce(
    (sum, disk) => sum + (disk.sizeGiB ?? 0),
    guest.rootDisk.sizeGiB ?? 0,
  );
  return {
    guest: guest.name,
    pin: guest.hypervisor,
    type: guest.type,
    arch: guest.arch,
    machine: guest.machine,
    emulator: guest.emulatorIsUsual ? undefined : guest.emulator,
    firmware: guest.firmware.kind,
    vcpus: guest.vcpus,
    memoryMiB: guest.memoryMiB,
    diskGiB: disks,
    labels: guest.labels,
  };
}

/** Demands with the same key can run on the same hypervisors. */
export function demandKey(demand: Demand): string {
  return JSON.stringify({ ...demand, guest: "", pin: "" });
}

/** Domain types in which a candidate can run a guest, or the reason why it cannot. */
export type Fit = { readonly types: readonly DomainType[] } | { readonly reason: string };

/** Whether a candidate can run a guest: only what the machine has in total counts, never what is free just now. */
export function fitOf(demand: Demand, candidate: Candidate): Fit {
  const { facts, limits } = candidate;
  if (facts === undefined)
    return { reason: "nothing is known about it: it has not answered, and no facts are declared" };
  const arch = Object.hasOwn(facts.arches, demand.arch) ? facts.arches[demand.arch] : undefined;
  if (arch === undefined || arch.domainTypes.length === 0) {
    return {
      reason: `it cannot run ${demand.arch} (it has ${Object.keys(facts.arches).join(", ") || "no emulator"})`,
    };
  }
  const types = arch.domainTypes.filter((type) => demand.type === undefined || type === demand.type);
  if (types.length === 0) {
    return {
      reason: `it has no ${demand.type ?? ""} for ${demand.arch} (only ${arch.domainTypes.join(", ")})`,
    };
  }
  if (isKnown(arch.machines) && !arch.machines.includes(demand.machine)) {
    return { reason: `it has no machine ${demand.machine} for ${demand.arch}` };
  }
  if (demand.emulator !== undefined && isKnown(arch.emulators) && !arch.emulators.includes(demand.emulator)) {
    return { reason: `it has no emulator ${demand.emulator} (it has ${arch.emulators.join(", ")})` };
  }
  if (arch.firmwares !== undefined && !arch.firmwares.includes(demand.firmware)) {
    return { reason: `it cannot boot ${demand.firmware} guests of ${demand.arch}` };
  }
  const memory = Math.min(facts.memoryMiB, limits.memoryMiB ?? facts.memoryMiB);
  if (demand.memoryMiB > memory) {
    return { reason: `it has ${memory} MiB of memory for guests, ${demand.memoryMiB} are wanted` };
  }
  if (limits.cpus !== undefined && demand.vcpus > limits.cpus) {
    return { reason: `its limit is ${limits.cpus} CPUs, ${demand.vcpus} are wanted` };
  }
  if (facts.diskGiB !== undefined && demand.diskGiB > facts.diskGiB) {
    return { reason: `it has ${facts.diskGiB} GiB of disk, ${demand.diskGiB} are wanted` };
  }
  if (limits.maxGuests === 0) return { reason: "its limit is 0 guests" };
  const missing = Object.entries(demand.labels).filter(([key, value]) => candidate.labels[key] !== value);
  if (missing.length > 0) {
    return { reason: `it lacks the label ${missing.map(([key, value]) => `${key}=${value}`).join(", ")}` };
  }
  return { types };
}

function isKnown(list: readonly string[] | undefined): list is readonly string[] {
  return list !== undefined && list.length > 0;
}

/** How much of the farm's load a candidate should carry: the guests of 1 CPU and 1 GiB that it could hold. */
export function weightOf(candidate: Candidate): number {
  const { facts, limits } = candidate;
  if (facts === undefined) return 0;
  const cpus = Math.min(facts.cpus, limits.cpus ?? facts.cpus);
  const memory = Math.min(facts.memoryMiB, limits.memoryMiB ?? facts.memoryMiB);
  return Math.max(1, Math.min(cpus, Math.floor(memory / 1024), limits.maxGuests ?? Infinity));
}
