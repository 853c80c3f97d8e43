import type { Candidate, Demand } from "../../../../definitions/placement/candidate";

/** A guest that any x86_64 host can run, unless told otherwise. */
export function demand(guest: string, changes: Partial<Demand> = {}): Demand {
  return {
    guest,
    pin: undefined,
    type: undefined,
    arch: "x86_64",
    machine: "q35",
    emulator: undefined,
    firmware: "bios",
    vcpus: 1,
    memoryMiB: 512,
    diskGiB: 10,
    labels: {},
    ...changes,
  };
}

interface Host {
  readonly arches?: Readonly<Record<string, readonly ("kvm" | "qemu")[]>>;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly diskGiB?: number;
  readonly limits?: Candidate["limits"];
  readonly labels?: Candidate["labels"];
}

/** A host that emulates x86_64, with 8 CPUs and 16 GiB, unless told otherwise. */
export function host(name: string, changes: Host = {}): Candidate {
  const { arches = { x86_64: ["qemu"] }, cpus = 8, memoryMiB = 16384, limits = {}, labels = {} } = changes;
  const entries = Object.entries(arches).map(([arch, types]) => [arch, { domainTypes: [...types] }]);
  return {
    name,
    facts: {
      arches: Object.fromEntries(entries) as NonNullable<Candidate["facts"]>["arches"],
      cpus,
      memoryMiB,
      ...(changes.diskGiB !== undefined && { diskGiB: changes.diskGiB }),
    },
    limits,
    labels,
  };
}

/** `many(3, "g", demand)`: g0, g1, g2. */
export function many<T>(count: number, prefix: string, make: (name: string) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(`${prefix}${index}`));
}

/** Repeatable random numbers in [0, 1), so that a failing case can be run again. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
}
