import { isHit, type LifecycleFacts } from "./facts";
import type { FilePhase, PhaseName } from "./phase-names";

/** Why each phase does nothing whatever the guest's power is; null: it is wanted. */
export type SkipReasons = Readonly<Record<PhaseName, string | null>>;

/** Reason of a phase without a file, as reports show it. */
export const NO_PHASE_FILE = "none (no phase file)";

/** Why a long-lived guest is not shut down. */
export const STAYS_ON = "the guest stays on";

/** Why nothing is restored over a guest whose disks live on. */
export const LIVES_ON = "its disk lives on from the run that made it";

/** The part of the plan that does not depend on whether the guest is on. */
export function skipReasons(facts: LifecycleFacts): SkipReasons {
  const restoreInit = whyNoRestoreInit(facts);
  const fromInit = restoreInit === null || restoreInit === LIVES_ON;
  const restoreClean = fromInit ? "the init snapshot is restored" : whyNoRestoreClean(facts);
  const createClean = whyNoCreateClean(facts, fromInit);
  const fromClean = restoreClean === null || createClean === null || laysDisksFresh(facts, createClean);
  const file = (phase: FilePhase) => whyNoFilePhase(facts, phase);
  const preparing = (phase: FilePhase) =>
    file(phase) ?? (fromInit ? "the init snapshot holds its result" : null);
  return {
    "restore init": restoreInit,
    "restore clean": whyNotAllowed(facts, "restore clean") ?? restoreClean,
    startup: whyNotAllowed(facts, "startup"),
    "create clean": createClean,
    dependencies: preparing("dependencies"),
    init: preparing("init"),
    "create init": whyNoCreateInit(facts, fromInit, fromClean),
    main: file("main"),
    terminate: file("terminate"),
    shutdown:
      (facts.longLived === true ? STAYS_ON : null) ??
      whyNotAllowed(facts, "shutdown") ??
      (isIdle(facts, createClean) ? "left as it was found" : null),
  };
}

/**
 * Whether the startup of a run that restores nothing lays the disks fresh over the base image first: when a clean
 * snapshot is to be taken of them and they are not clean, and when a failed restore left them in an unknown state or
 * their first boot did not end well. Those of a long-lived guest only in the last case, and not while it is on: it may
 * become ready yet.
 */
export function laysDisksFresh(facts: LifecycleFacts, createClean: string | null): boolean {
  if (whyNotAllowed(facts, "startup") !== null) return false;
  if (facts.longLived === true) return facts.unfit === true && facts.power === "off";
  if (facts.unfit === true) return true;
  if (facts.init.state === "unusable" || facts.clean.state === "unusable") return true;
  return createClean === null && !isAsFromBase(facts);
}

/** Untouched disks over a stale clean snapshot are not what the wanted one would be made from. */
function isAsFromBase(facts: LifecycleFacts): boolean {
  return facts.pristine && facts.clean.state !== "stale";
}

/** Why a phase is out without looking any further, or null. */
export function whyNotAllowed(facts: LifecycleFacts, phase: PhaseName): string | null {
  const by = facts.takenOut.get(phase);
  if (by !== undefined) return `taken out by ${by}`;
  return facts.allowed.has(phase) ? null : "not allowed";
}

function whyNoProject(facts: LifecycleFacts): string | null {
  return facts.hasProject ? null : "no project";
}

function whyNoRestoreInit(facts: LifecycleFacts): string | null {
  const out = whyNotAllowed(facts, "restore init") ?? whyNoProject(facts);
  if (out !== null) return out;
  if (!isHit(facts.init)) return describe(facts.init.state, facts.init.reason);
  return facts.livesOn === true ? LIVES_ON : null;
}

function whyNoRestoreClean(facts: LifecycleFacts): string | null {
  const out = whyNotAllowed(facts, "restore clean") ?? whyNoProject(facts);
  if (out !== null) return out;
  return isHit(facts.clean) ? null : describe(facts.clean.state, facts.clean.reason);
}

function whyNoCreateClean(facts: LifecycleFacts, fromInit: boolean): string | null {
  const out = whyNotAllowed(facts, "create clean");
  if (out !== null) return out;
  if (fromInit) return "the guest comes from the init snapshot and is not clean";
  if (isHit(facts.clean)) return "there is one already";
  if (facts.longLived === true && !facts.pristine && facts.unfit !== true) return "only a new guest gets one";
  if (facts.power !== "off" && !isAsFromBase(facts) && whyNotAllowed(facts, "startup") !== null) {
    return "the guest is not clean, and without startup it cannot be laid fresh";
  }
  return null;
}

function whyNoFilePhase(facts: LifecycleFacts, phase: FilePhase): string | null {
  const out = whyNotAllowed(facts, phase) ?? whyNoProject(facts);
  if (out !== null) return out;
  return facts.files.has(phase) ? null : NO_PHASE_FILE;
}

function whyNoCreateInit(facts: LifecycleFacts, fromInit: boolean, fromClean: boolean): string | null {
  const out = whyNotAllowed(facts, "create init") ?? whyNoProject(facts);
  if (out !== null) return out;
  if (facts.init.state === "off") return describe(facts.init.state, facts.init.reason);
  if (fromInit || isHit(facts.init)) return "there is one already";
  for (const phase of ["dependencies", "init"] as const) {
    if (facts.files.has(phase) && !facts.allowed.has(phase)) {
      return `${phase} is not allowed, and the snapshot would lack it`;
    }
  }
  if (!fromClean && !isAsFromBase(facts)) {
    return "the guest did not start from clean, so the snapshot would hold what earlier runs left";
  }
  return null;
}

/** A guest without a project that needs no clean snapshot is nobody's business: not even to switch it off. */
function isIdle(facts: LifecycleFacts, createClean: string | null): boolean {
  const onlySwitchingOff = !facts.allowed.has("startup") && !facts.allowed.has("create clean");
  return !facts.hasProject && createClean !== null && !onlySwitchingOff;
}

function describe(state: string, reason: string): string {
  if (state === "off" || state === "unusable") return reason;
  return reason === "" ? state : `${state}: ${reason}`;
}
