import { bounded, seconds } from "./limits";
import type { FilePhase, PhaseName } from "./phase-names";
import type { Action } from "./plan";
import type { PhaseOutcome, WantedSnapshot } from "./ports";
import { messageOf, type RunState } from "./run-state";

/** Last resort for calls that have limits of their own below. Milliseconds. */
const LIMITS = {
  power: 120_000,
  disks: 120_000,
  clock: 45_000,
  sync: 60_000,
  restore: 600_000,
  create: 900_000,
  settle: 300_000,
  look: 60_000,
  beyondReadiness: 30_000,
} as const;

/** What the lifecycle does to the guest, one call per action, each with its limit and its line of progress. */
export class Actions {
  constructor(private readonly run: RunState) {}

  /** Performs everything but `restore` and `run`, which return something. */
  async perform(phase: PhaseName, action: Exclude<Action, "restore" | "run">): Promise<void> {
    const { power, snapshots, access } = this.run.ports;
    if (action !== "wait until ready") this.run.acted = true;
    switch (action) {
      case "power off":
        return this.step(phase, "powering off", LIMITS.power, () => power.powerOff());
      case "reset to base":
        this.run.markedTouched = false;
        return this.step(phase, "laying the disks fresh over the base image", LIMITS.disks, () =>
          snapshots.resetToBase(),
        );
      case "boot":
        return this.step(phase, "booting", LIMITS.power, () => power.start());
      case "wait until ready":
        return this.waitUntilReady(phase);
      case "drop connections":
        return this.step(phase, "dropping old connections", LIMITS.clock, () => access.drop());
      case "set clock":
        return this.refresh(phase);
      case "remove seed":
        return this.step(phase, "removing the seed", LIMITS.disks, () => snapshots.removeSeed());
      case "sync":
        return this.step(phase, "syncing file systems", LIMITS.sync, () => access.syncFileSystems());
      case "shut down":
        return this.shutDown(phase);
      case "create":
        return this.create(phase, this.wantedBy(phase));
    }
  }

  /** Restores the snapshot of a restore phase. */
  async restore(phase: "restore init" | "restore clean"): Promise<"memory" | "cold"> {
    const { name } = this.wantedBy(phase);
    this.run.acted = true;
    this.run.markedTouched = false;
    this.tell(phase, `restoring "${name}"`);
    const { resumed } = await bounded(
      `restoring "${name}"`,
      LIMITS.restore,
      this.run.uninterrupted,
      async () => this.run.ports.snapshots.restore(name),
    );
    return resumed;
  }

  /** Runs the file of a phase. Terminate is not interrupted by a cancellation: it is there for that case. */
  async runFile(phase: FilePhase): Promise<PhaseOutcome> {
    const { phases, snapshots } = this.run.ports;
    this.run.acted = true;
    if (!this.run.markedTouched) {
      const mark = "marking the disks as touched";
      await bounded(mark, LIMITS.disks, this.run.uninterrupted, async () => snapshots.markTouched());
      this.run.markedTouched = true;
    }
    const guard = phase === "terminate" ? this.run.uninterrupted : this.run.interruptible;
    return bounded(phase, this.run.input.limits.phaseMs, guard, async (signal) => phases.run(phase, signal));
  }

  async powerState(): Promise<"on" | "off" | "missing"> {
    return bounded("asking for the guest's state", LIMITS.look, this.run.uninterrupted, async () =>
      this.run.ports.power.state(),
    );
  }

  /** After the first boot of a long-lived guest. */
  async settleIn(): Promise<void> {
    const { snapshots } = this.run.ports;
    await this.step("startup", "removing the seed", LIMITS.disks, () => snapshots.removeSeed());
    await this.step("startup", "marking the disks as in use", LIMITS.disks, () => snapshots.markTouched());
  }

  /** What fails here is done again, and told of, by `settle`. */
  async prepareSettle(): Promise<void> {
    const prepare = async () => this.run.ports.snapshots.prepareSettle();
    await bounded(
      "preparing the disks of the next start",
      LIMITS.settle,
      this.run.uninterrupted,
      prepare,
    ).catch(() => undefined);
  }

  async settle(): Promise<void> {
    const { project, keep } = this.run.input;
    await bounded("tidying the snapshots", LIMITS.settle, this.run.uninterrupted, async () =>
      this.run.ports.snapshots.settle({ project: project?.id ?? null, keep }),
    );
  }

  private async waitUntilReady(phase: PhaseName): Promise<void> {
    const limit = this.run.input.limits.readinessMs + LIMITS.beyondReadiness;
    this.tell(phase, "waiting for the guest");
    await bounded("waiting for the guest", limit, this.run.interruptible, async (signal) =>
      this.run.ports.access.waitUntilReady(
        signal,
        (what) => this.tell(phase, `waiting for ${what}`),
        phase.startsWith("restore "),
      ),
    );
  }

  /** A guest whose login may not do this is still usable: the user has to know, not to lose the cache. */
  private async refresh(phase: PhaseName): Promise<void> {
    const problems: string[] = [];
    try {
      await this.step(phase, "setting the clock", LIMITS.clock, async () => {
        problems.push(...(await this.run.ports.access.refresh()));
      });
    } catch (error) {
      this.run.signals.lost.throwIfAborted();
      problems.push(
        `the guest's clock could not be set and is behind, and its random numbers may repeat: ${messageOf(error)}`,
      );
    }
    for (const problem of problems) this.run.warn(`${phase}: ${problem}`);
  }

  private async shutDown(phase: PhaseName): Promise<void> {
    const { tries, delayMs } = this.run.input.shutdown;
    const patience = tries * delayMs;
    this.tell(phase, "shutting down");
    const how = await bounded("shutting down", patience + LIMITS.power, this.run.uninterrupted, async () =>
      this.run.ports.power.shutDown({ tries, delayMs }),
    );
    if (how === "forced") {
      this.run.warn(`${phase}: the guest did not shut down within ${seconds(patience)} and was forced off`);
    }
  }

  private async create(phase: PhaseName, wanted: WantedSnapshot): Promise<void> {
    await this.step(phase, `taking the snapshot "${wanted.name}"`, LIMITS.create, () =>
      this.run.ports.snapshots.create(wanted),
    );
    this.run.markedTouched = false;
    this.run.noteCreated(phase === "create init" ? "init" : "clean");
  }

  private wantedBy(phase: PhaseName): WantedSnapshot {
    const { init, clean } = this.run.input;
    if (!phase.endsWith(" init")) return clean;
    if (init === null) throw new Error("a guest without a project has no init snapshot");
    return init;
  }

  private async step(
    phase: PhaseName,
    what: string,
    limitMs: number,
    work: () => Promise<void>,
  ): Promise<void> {
    this.tell(phase, what);
    await bounded(what, limitMs, this.run.uninterrupted, async () => work());
  }

  private tell(phase: PhaseName, what: string): void {
    this.run.ports.observer.step(phase, what);
  }
}
