import { isHit, type LifecycleFacts } from "./facts";
import type { FilePhase, PhaseName } from "./phase-names";
import { laysDisksFresh, skipReasons, type SkipReasons, STAYS_ON } from "./skip-reasons";

/** The order in which a run deals with the phases. */
export const DEALING_ORDER = [
  "restore init",
  "restore clean",
  "startup",
  "create clean",
  "dependencies",
  "init",
  "create init",
  "main",
  "terminate",
  "shutdown",
] as const satisfies readonly PhaseName[];

/** One thing done to the guest. */
export type Action =
  | "power off"
  | "reset to base"
  | "boot"
  | "wait until ready"
  | "restore"
  | "drop connections"
  | "set clock"
  | "remove seed"
  | "sync"
  | "shut down"
  | "create"
  | "run";

export type PlannedPhase =
  | {
      readonly phase: PhaseName;
      readonly does: "act";
      readonly actions: readonly Action[];
      readonly remark: string;
    }
  | { readonly phase: PhaseName; readonly does: "skip"; readonly reason: string }
  | { readonly phase: PhaseName; readonly does: "fail"; readonly reason: string };

/** What a run does, phase by phase, if nothing goes wrong. Pure: the same facts give the same plan. */
export function planLifecycle(facts: LifecycleFacts): readonly PlannedPhase[] {
  return new Planner(facts).plan();
}

/** Whether what the guest would write while it shuts down is thrown away by the next run anyway. */
export function nextRunDiscardsDisks(facts: LifecycleFacts, has: { init: boolean; clean: boolean }): boolean {
  if (facts.longLived === true || facts.livesOn === true) return false;
  if (!facts.hasProject) return has.clean;
  return (has.init && facts.allowed.has("restore init")) || (has.clean && facts.allowed.has("restore clean"));
}

/** The actions that take a guest down. */
export function waysDown(facts: LifecycleFacts, has: { init: boolean; clean: boolean }): readonly Action[] {
  const atOnce = facts.powerOff === "auto" && nextRunDiscardsDisks(facts, has);
  return atOnce ? ["sync", "power off"] : ["shut down"];
}

/** Walks the phases in order, with the guest's power as it will be then. */
class Planner {
  private readonly skips: SkipReasons;
  private power: LifecycleFacts["power"];
  private ready = false;
  private restored = false;
  private resumedRunning = false;
  private failed: PhaseName | null = null;

  constructor(private readonly facts: LifecycleFacts) {
    this.skips = skipReasons(facts);
    this.power = facts.power;
  }

  plan(): readonly PlannedPhase[] {
    return DEALING_ORDER.map((phase) => this.deal(phase));
  }

  private deal(phase: PhaseName): PlannedPhase {
    const reason = this.skips[phase];
    if (reason !== null) return { phase, does: "skip", reason };
    if (phase === "terminate") return this.terminate();
    if (phase === "shutdown") return this.shutdown();
    if (this.failed !== null) return { phase, does: "skip", reason: notReached(`${this.failed} failed`) };
    switch (phase) {
      case "restore init":
        return this.restore(phase, this.facts.init.state === "memory");
      case "restore clean":
        return this.restore(phase, this.facts.clean.state === "memory");
      case "startup":
        return this.startup();
      case "create clean":
      case "create init":
        return this.create(phase);
      default:
        return this.withGuest(phase, ["run"]);
    }
  }

  private restore(phase: "restore init" | "restore clean", memory: boolean): PlannedPhase {
    const before: Action[] = this.power === "off" ? [] : ["power off"];
    const after: Action[] = memory ? ["drop connections", "wait until ready", "set clock"] : [];
    this.power = memory ? "on" : "off";
    this.ready = memory;
    this.restored = true;
    this.resumedRunning = memory;
    const fact = phase === "restore init" ? this.facts.init : this.facts.clean;
    const remark = memory ? "" : ["hit, cold", fact.reason].filter((part) => part !== "").join(": ");
    return { phase, does: "act", actions: [...before, "restore", ...after], remark };
  }

  private startup(): PlannedPhase {
    const phase = "startup";
    if (this.resumedRunning) return { phase, does: "skip", reason: "restored running" };
    if (!this.isNeededAfter(phase)) return { phase, does: "skip", reason: "nothing needs the guest" };
    const reset = !this.restored && laysDisksFresh(this.facts, this.skips["create clean"]);
    // One that does not answer (yet) may be busy, and what it does is worth more than the run.
    const stays = this.power === "on" || (this.power === "unreachable" && this.facts.longLived === true);
    if (stays && !reset) {
      this.ready = true;
      return { phase, does: "act", actions: ["wait until ready"], remark: "was on already" };
    }
    const actions: Action[] = this.power === "off" ? [] : ["power off"];
    if (reset) actions.push("reset to base");
    actions.push("boot", "wait until ready");
    const remark = this.power === "unreachable" ? "was on, but did not answer" : "";
    this.power = "on";
    this.ready = true;
    return { phase, does: "act", actions, remark };
  }

  private create(phase: "create clean" | "create init"): PlannedPhase {
    const actions: Action[] = phase === "create clean" ? ["remove seed", "sync"] : ["sync"];
    const whileOff = this.facts.takenWhile === "off";
    if (whileOff) actions.push("shut down");
    actions.push("create");
    if (whileOff && this.isNeededAfter(phase)) actions.push("boot", "wait until ready");
    const planned = this.withGuest(phase, actions);
    if (planned.does === "act" && whileOff && !this.isNeededAfter(phase)) this.power = "off";
    return planned;
  }

  private withGuest(phase: PhaseName, actions: readonly Action[]): PlannedPhase {
    if (this.power === "off") {
      this.failed = phase;
      return {
        phase,
        does: "fail",
        reason: `${phase} needs the guest, which is off, and startup is not allowed`,
      };
    }
    const wait: Action[] = this.ready ? [] : ["wait until ready"];
    this.ready = true;
    return { phase, does: "act", actions: [...wait, ...actions], remark: "" };
  }

  private terminate(): PlannedPhase {
    const phase = "terminate";
    if (this.power === "off") return { phase, does: "skip", reason: "the guest is off" };
    return this.withGuest(phase, ["run"]);
  }

  private shutdown(): PlannedPhase {
    const phase = "shutdown";
    if (this.power === "off") return { phase, does: "skip", reason: "the guest is off" };
    const made = (name: "create clean" | "create init") => this.skips[name] === null && this.failed === null;
    const has = {
      init: isHit(this.facts.init) || made("create init"),
      clean: isHit(this.facts.clean) || made("create clean"),
    };
    return { phase, does: "act", actions: waysDown(this.facts, has), remark: "" };
  }

  /** Whether the guest has to be on for anything that comes after a phase, or stays on after the run. */
  private isNeededAfter(phase: PhaseName): boolean {
    const later = DEALING_ORDER.slice(DEALING_ORDER.indexOf(phase) + 1);
    const users: readonly PhaseName[] = ["create clean", "create init", ...FILE_USERS];
    if (later.some((name) => users.includes(name) && this.skips[name] === null)) return true;
    return (
      this.skips.shutdown === STAYS_ON ||
      !this.facts.allowed.has("shutdown") ||
      this.facts.takenOut.has("shutdown")
    );
  }
}

const FILE_USERS: readonly FilePhase[] = ["dependencies", "init", "main", "terminate"];

/** Reason of a phase that an earlier one kept from being reached. */
export function notReached(why: string): string {
  return `not reached: ${why}`;
}
