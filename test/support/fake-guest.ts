import type { LifecycleInput, LifecyclePorts } from "../../phases/lifecycle/input";
import { PHASES, type FilePhase, type PhaseName } from "../../phases/lifecycle/phase-names";
import type { PhaseOutcome, SnapshotVerdict, WantedSnapshot } from "../../phases/lifecycle/ports";

/** What a fake guest is like at the start, and what goes wrong with it. */
export interface FakeGuestOptions {
  readonly power?: "on" | "off" | "unreachable" | "missing";
  readonly init?: "memory" | "cold" | "miss" | "stale";
  readonly clean?: "memory" | "cold" | "miss" | "stale";
  readonly pristine?: boolean;
  /** Its first boot has not been seen to end well. */
  readonly unfit?: boolean;
  readonly takenWhile?: "on" | "off";
  readonly files?: readonly FilePhase[];
  /** Calls that throw, by the text of the trace: `boot`, `restore clean`, `create acme.1.init`, `main`. */
  readonly breaks?: Readonly<Record<string, string>>;
  /** What phase files end with, where they do not just pass. */
  readonly outcomes?: Partial<Record<FilePhase, PhaseOutcome>>;
  /** A restore that resumes otherwise than its record said. */
  readonly resumesAs?: "memory" | "cold";
  /** What cannot be renewed after a restore. */
  readonly problems?: readonly string[];
  /** Calls that never end by themselves. */
  readonly hangs?: readonly string[];
  /** Told before each call. */
  readonly onCall?: (call: string) => void;
}

/** A guest in memory that keeps the order of all that is done to it, and refuses what the contracts forbid. */
export class FakeGuest {
  readonly trace: string[] = [];
  readonly events: string[] = [];
  readonly warnings: string[] = [];
  power: "on" | "off" | "missing";
  pristine: boolean;
  unfit: boolean;
  /** Names of snapshots that were taken, with whether the disks were untouched then. */
  readonly taken: { readonly name: string; readonly pristine: boolean }[] = [];
  private reachable: boolean;

  constructor(private readonly options: FakeGuestOptions = {}) {
    const power = options.power ?? "off";
    this.power = power === "unreachable" ? "on" : power;
    this.reachable = power !== "unreachable";
    this.pristine = options.pristine ?? true;
    this.unfit = options.unfit ?? false;
  }

  get ports(): LifecyclePorts {
    const files: readonly FilePhase[] = this.options.files ?? ["dependencies", "init", "main", "terminate"];
    return {
      power: {
        state: () => this.quietly("state", () => this.power),
        start: (signal) =>
          this.call(
            "boot",
            () => {
              this.refuseUnless(this.power === "off", "boot a guest that is on");
              this.power = "on";
              this.reachable = true;
            },
            signal,
          ),
        shutDown: () =>
          this.call("shut down", () => {
            this.power = "off";
            return "graceful" as const;
          }),
        powerOff: () => this.call("power off", () => void (this.power = "off")),
      },
      snapshots: {
        strategy: this.options.takenWhile === "off" ? "overlay" : "saved",
        takenWhile: this.options.takenWhile ?? "on",
        look: (wanted) => this.quietly(`look ${wanted.name}`, () => this.verdict(wanted)),
        restore: (name, signal) => this.call(`restore ${name}`, () => this.restored(name), signal),
        create: (wanted, signal) =>
          this.call(
            `create ${wanted.name}`,
            () => {
              this.refuseUnless(!this.unfit, "snapshot of a guest whose first boot did not end well");
              this.refuseUnless(
                this.power === (this.options.takenWhile ?? "on"),
                "snapshot in the wrong state",
              );
              this.taken.push({ name: wanted.name, pristine: this.pristine });
            },
            signal,
          ),
        disksNow: () =>
          this.quietly("disks", () => (this.unfit ? "unfit" : this.pristine ? "pristine" : "touched")),
        beginFirstBoot: () => this.quietly("begin first boot", () => (this.unfit ||= this.pristine)),
        endFirstBoot: () => this.quietly("end first boot", () => void (this.unfit = false)),
        markTouched: () => this.quietly("touched", () => void (this.pristine = false)),
        resetToBase: () =>
          this.call("reset to base", () => {
            this.refuseUnless(this.power === "off", "reset a guest that is on");
            this.pristine = true;
            this.unfit = false;
          }),
        removeSeed: () => this.call("remove seed", () => undefined),
        prepareSettle: () => this.quietly("prepare settle", () => undefined),
        settle: () =>
          this.call("settle", () => this.refuseUnless(this.power === "off", "settle a guest that is on")),
      },
      access: {
        waitUntilReady: (signal) =>
          this.call("wait", () => this.refuseUnless(this.power === "on", "wait"), signal),
        refresh: () => this.call("set clock", () => this.options.problems ?? []),
        syncFileSystems: () => this.call("sync", () => undefined),
        drop: () => this.call("drop", () => undefined),
        answers: () => this.quietly("answers", () => this.power === "on" && this.reachable),
      },
      phases: {
        fileOf: (phase) => (files.includes(phase) ? `${phase}.yaml` : null),
        run: (phase, signal) =>
          this.call(
            phase,
            () => {
              this.refuseUnless(this.power === "on" && !this.pristine, `run ${phase}`);
              return this.options.outcomes?.[phase] ?? { status: "passed", skip: [] };
            },
            signal,
          ),
      },
      observer: {
        phaseStarted: (phase) => void this.events.push(`start ${phase}`),
        step: () => undefined,
        phaseEnded: (phase, status) => void this.events.push(`${status} ${phase}`),
        warning: (text) => void this.warnings.push(text),
      },
      clock: {
        now: () => new Date(),
        sleep: (_ms, signal) =>
          new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
          }),
      },
    };
  }

  private verdict(wanted: WantedSnapshot): SnapshotVerdict {
    const state = (wanted.kind === "init" ? this.options.init : this.options.clean) ?? "miss";
    if (state === "miss") return { state, reason: "" };
    if (state === "stale") return { state, reason: "the key differs" };
    return {
      state: "hit",
      resumes: state,
      reason: state === "cold" ? "QEMU changed" : "",
      token: wanted.token,
    };
  }

  private restored(name: string): { resumed: "memory" | "cold" } {
    this.refuseUnless(this.power === "off", "restore a guest that is on");
    const recorded = name === "clean" ? this.options.clean : this.options.init;
    const resumed = this.options.resumesAs ?? (recorded === "memory" ? "memory" : "cold");
    this.power = resumed === "memory" ? "on" : "off";
    this.reachable = true;
    this.pristine = name === "clean";
    this.unfit = false;
    return { resumed };
  }

  private call<T>(name: string, work: () => T, signal?: AbortSignal): Promise<T> {
    this.trace.push(name);
    return this.quietly(name, work, signal);
  }

  private async quietly<T>(name: string, work: () => T, signal?: AbortSignal): Promise<T> {
    this.options.onCall?.(name);
    await Promise.resolve();
    const broken = this.options.breaks?.[name];
    if (broken !== undefined) throw new Error(broken);
    if (this.options.hangs?.includes(name) === true) {
      signal?.throwIfAborted();
      await new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    }
    return work();
  }

  private refuseUnless(allowed: boolean, what: string): void {
    if (!allowed) throw new Error(`the contract forbids this: ${what}`);
  }
}

export const INIT_NAME = "acme.1.init";

export function fakeInput(over: Partial<LifecycleInput> = {}): LifecycleInput {
  return {
    runId: "run-1",
    guest: "tiny/amd64",
    hypervisor: "local",
    project: { id: "acme", revision: "1" },
    clean: { kind: "clean", name: "clean", project: null, revision: null, key: "c", token: "tc" },
    init: { kind: "init", name: INIT_NAME, project: "acme", revision: "1", key: "k", token: "ti" },
    allowed: PHASES,
    cache: true,
    onSnapshotError: "continue",
    powerOff: "auto",
    canBeAsked: true,
    shutdown: { tries: 10, delayMs: 5000 },
    keep: 3,
    limits: { phaseMs: 60_000, readinessMs: 120_000, runMs: 600_000 },
    ...over,
  };
}

export function allBut(...out: readonly PhaseName[]): readonly PhaseName[] {
  return PHASES.filter((phase) => !out.includes(phase));
}

export const NEVER = new AbortController().signal;
