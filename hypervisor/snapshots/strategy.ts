import { UserError } from "../../definitions/user-error";
import type { Strategy } from "./record";

/** What the choice of a strategy depends on. */
export interface StrategyFacts {
  /** Target devices of writable disks that are in no layer of ours (of a user's own template). */
  readonly disksOutside: readonly string[];
  /** Format of the files that the guest writes its disks into. */
  readonly diskFormat: "qcow2" | "raw";
  /** The firmware keeps its variables in a flash file. */
  readonly pflash: boolean;
  /** Devices whose state cannot be saved, as libvirt names them (`hostdev`). */
  readonly unsavable: readonly string[];
  /** The guest is an emulated POWER machine. */
  readonly emulatedPower: boolean;
  /** Version of the hypervisor's libvirt, as `9.0.0`; null: not known, the oldest is assumed. */
  readonly libvirt: string | null;
}

export interface StrategyChoice {
  readonly strategy: Strategy;
  /** For people: why this one. */
  readonly reason: string;
}

const ORDER: readonly Strategy[] = ["saved", "live", "overlay"];
const REASON: Readonly<Record<Strategy, string>> = {
  saved: "disks and memory are kept in files; a restore takes about a second",
  live: "libvirt keeps disks and memory inside the disks",
  overlay: "disks are kept while the guest is off; a restore boots",
};

/** The first libvirt that takes internal snapshots of guests with pflash. */
const LIVE_WITH_PFLASH = [10, 9];

/**
 * Chooses how snapshots of a guest are taken. Pure: for previews as well.
 * @param requested of the user; `auto`: the best that works.
 * @throws UserError when the requested one does not work for this guest.
 */
export function chooseStrategy(facts: StrategyFacts, requested: Strategy | "auto"): StrategyChoice {
  if (requested === "auto") {
    const works = (candidate: Strategy) => (obstacle(facts, candidate) ?? doubt(facts, candidate)) === null;
    const strategy = ORDER.find(works) ?? "overlay";
    const passed = obstacle(facts, "saved") ?? doubt(facts, "saved");
    return { strategy, reason: passed === null ? REASON[strategy] : `${passed}; ${REASON[strategy]}` };
  }
  const why = obstacle(facts, requested);
  if (why === null) return { strategy: requested, reason: `asked for: ${REASON[requested]}` };
  throw new UserError({
    what: `snapshots of this guest cannot be taken by strategy "${requested}": ${why}`,
    path: "snapshots",
    found: requested,
    allowed: ["auto", ...ORDER.filter((candidate) => obstacle(facts, candidate) === null)].join(", "),
    remedy: "write snapshots: auto",
  });
}

/** What keeps a strategy from working; null: nothing does. */
function obstacle(facts: StrategyFacts, strategy: Strategy): string | null {
  if (strategy === "overlay") return null;
  if (facts.disksOutside.length > 0) {
    const disks = facts.disksOutside.join(", ");
    return `writable disk ${disks} is outside the snapshots, so memory would not fit to it`;
  }
  if (facts.unsavable.length > 0) return `the state of ${facts.unsavable.join(", ")} cannot be saved`;
  if (strategy === "saved") return null;
  if (facts.diskFormat !== "qcow2") return "internal snapshots need qcow2 disks";
  if (facts.pflash && !atLeast(facts.libvirt, LIVE_WITH_PFLASH)) {
    const found = facts.libvirt === null ? "" : `, and this is ${facts.libvirt}`;
    return `libvirt before ${LIVE_WITH_PFLASH.join(".")} takes no internal snapshots of UEFI guests${found}`;
  }
  return null;
}

/** Why a strategy that works is not chosen unless it is asked for; null: nothing speaks against it. */
function doubt({ emulatedPower }: StrategyFacts, strategy: Strategy): string | null {
  // Seen with QEMU 7.2, now and then: the guest answers, but whatever sleeps in it sleeps for ever.
  return emulatedPower && strategy !== "overlay"
    ? "an emulated POWER machine that is restored with its memory can lose its timer"
    : null;
}

function atLeast(version: string | null, wanted: readonly number[]): boolean {
  const parts = (version ?? "0").split(".").map(Number);
  for (const [index, least] of wanted.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part > least;
  }
  return true;
}
