import { performance } from "node:perf_hooks";
import { placeGuests, type PlacementResult } from "../definitions/placement/place";
import type { Candidate, Demand } from "../definitions/placement/candidate";

const GUESTS = 10_000;
const HOSTS = 1_000;
const LIMITS = { seconds: 2, megabytes: 500, movement: 2 } as const;

const ARCHES = ["x86_64", "aarch64", "ppc64le", "s390x"] as const;

/** Hosts of four sizes; a third has KVM for its own architecture, all emulate some others. */
function hosts(count: number): Candidate[] {
  return Array.from({ length: count }, (_, index): Candidate => {
    const native = index % 5 === 0 ? "aarch64" : "x86_64";
    const emulated = ARCHES.filter((arch, place) => arch !== native && (index + place) % 2 === 0);
    const kvm = index % 3 === 0;
    const arches = Object.fromEntries([
      [native, { domainTypes: kvm ? (["kvm", "qemu"] as const).slice() : (["qemu"] as const).slice() }],
      ...emulated.map((arch) => [arch, { domainTypes: (["qemu"] as const).slice() }] as const),
    ]);
    const size = 4 << (index % 4);
    return {
      name: `host-${index}`,
      facts: { arches, cpus: size, memoryMiB: size * 2048, diskGiB: 500 },
      limits: {},
      labels: {},
    };
  });
}

function guests(count: number): Demand[] {
  return Array.from({ length: count }, (_, index): Demand => {
    const arch = ARCHES[index % 7 === 0 ? 2 : index % 11 === 0 ? 3 : index % 3 === 0 ? 1 : 0];
    return {
      guest: `platform-${index % 50}-${arch}-${index}`,
      pin: undefined,
      type: undefined,
      arch,
      machine: "virt",
      emulator: undefined,
      firmware: "bios",
      vcpus: 1,
      memoryMiB: 512 << (index % 4),
      diskGiB: 10,
      labels: {},
    };
  });
}

/** Guests that both results have, on different hypervisors. */
function moved(before: PlacementResult, after: PlacementResult): number {
  const homes = new Map(before.placements.map(({ guest, hypervisor }) => [guest, hypervisor]));
  return after.placements.filter(({ guest, hypervisor }) => (homes.get(guest) ?? hypervisor) !== hypervisor)
    .length;
}

function report(what: string, value: number, unit: string, limit: number): boolean {
  const kept = value <= limit;
  console.log(
    `${what.padEnd(48)} ${value.toFixed(2).padStart(9)} ${unit.padEnd(4)} limit ${limit} ${kept ? "" : "EXCEEDED"}`,
  );
  return kept;
}

/** Mean of guests moved when each of some hosts goes, as a multiple of the guests that lived on it. */
function movementByHost(
  demands: readonly Demand[],
  candidates: readonly Candidate[],
  whole: PlacementResult,
): number {
  const tried = candidates.filter((_, index) => index % 100 === 7);
  const ratios = tried.map((host) => {
    const without = placeGuests(
      demands,
      candidates.filter((each) => each !== host),
    );
    const own = whole.placements.filter(({ hypervisor }) => hypervisor === host.name).length;
    return moved(whole, without) / Math.max(1, own);
  });
  return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
}

function main(): void {
  const candidates = hosts(HOSTS);
  const demands = guests(GUESTS);
  const before = process.memoryUsage().rss;
  const started = performance.now();
  const whole = placeGuests(demands, candidates);
  const seconds = (performance.now() - started) / 1000;
  const megabytes = process.memoryUsage().rss / 1048576;
  console.log(
    `${GUESTS} guests, ${HOSTS} hypervisors, ${whole.placements.length} placed, rss before ${(before / 1048576).toFixed(0)} MB`,
  );
  const one = moved(whole, placeGuests(guests(GUESTS + 1), candidates));
  const kept = [
    report("placement", seconds, "s", LIMITS.seconds),
    report("memory of the process", megabytes, "MB", LIMITS.megabytes),
    report(
      "moved when a hypervisor goes, x its own guests",
      movementByHost(demands, candidates, whole),
      "x",
      LIMITS.movement,
    ),
    report("moved when one guest comes", one, "", GUESTS / 100),
  ];
  if (kept.includes(false)) process.exitCode = 1;
}

main();
