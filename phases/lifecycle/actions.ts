import { shutDownLimit, WORK_LIMITS } from "../../definitions/time-limits";
import { bounded, seconds } from "./limits";
import type { FilePhase, PhaseName } from "./phase-names";
import type { Action } from "./plan";
import type { PhaseOutcome, WantedSnapshot } from "./ports";
import { messageOf, type RunState } from "./run-state";

/** What the lifecycle does to the guest, one call per action, each with its limit and its line of progress. */
export class Actions {
  private isFirstBoot: boolean;

  constructor(private readonly run: RunState) {
    this.isFirstBoot = run.facts.unfit === true;
  }

  /** Performs everything but `restore` and `run`, which return something. */
  async perform(phase: PhaseName, action: Exclude<Action, "restore" | "run">): Promise<void> {
    const { power, snapshots, access } = this.run.ports;
    if (action !== "wait until ready") this.run.acted = true;
    switch (action) {
      case "power off":
        return this.step(phase, "powering off", WORK_LIMITS.powerOff, (signal) => power.powerOff(signal));
      case "reset to base":
        this.run.markedTouched = false;
        return this.step(
          phase,
          "laying the disks fresh over the base image",
          WORK_LIMITS.resetToBase,
          (signal) => snapshots.resetToBase(signal),
        );
      case "boot":
        if (phase === "startup") await this.beginFirstBoot();
        return this.step(phase, "booting", WORK_LIMITS.start, (signal) => power.start(signal));
      case "wait until ready":
        return this.waitUntilReady(phase);
      case "drop connections":
        return this.step(phase, "dropping old connections", WORK_LIMITS.clock, () => access.drop());
      case "set clock":
        return this.refresh(phase);
      case "remove seed":
        return this.step(phase, "removing the seed", WORK_LIMITS.seed, (signal) =>
          snapshots.removeSeed(signal),
        );
      case "sync":
        return this.step(phase, "syncing file systems", WORK_LIMITS.sync, (signal) =>
          access.syncFileSystems(signal),
        );
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
      WORK_LIMITS.restore,
      this.run.uninterrupted,
      async (signal) => this.run.ports.snapshots.restore(name, signal),
    );
    return resumed;
  }

  /** Runs the file of a phase. Terminate is not interrupted by a cancellation: it is there for that case. */
  async runFile(phase: FilePhase): Promise<PhaseOutcome> {
    const { phases, snapshots } = this.run.ports;
    this.run.acted = true;
    if (!this.run.markedTouched) {
      const mark = "marking the disks as touched";
      await bounded(mark, WORK_LIMITS.mark, this.run.uninterrupted, async (signal) =>
        snapshots.markTouched(signal),
      );
      this.run.markedTouched = true;
    }
    const guard = phase === "terminate" ? this.run.uninterrupted : this.run.interruptible;
    return bounded(phase, this.run.input.limits.phaseMs, guard, async (signal) => phases.run(phase, signal));
  }

  private async beginFirstBoot(): Promise<void> {
    const what = "marking the disks until the first boot has ended";
    this.isFirstBoot = await bounded(what, WORK_LIMITS.mark, this.run.uninterrupted, async (signal) =>
      this.run.ports.snapshots.beginFirstBoot(signal),
    );
  }

  private async endFirstBoot(): Promise<void> {
    if (!this.isFirstBoot) return;
    const what = "marking the first boot as ended";
    await bounded(what, WORK_LIMITS.mark, this.run.uninterrupted, async (signal) =>
      this.run.ports.snapshots.endFirstBoot(signal),
    );
  }

  async powerState(): Promise<"on" | "off" | "missing"> {
    return bounded("asking for the guest's state", WORK_LIMITS.look, this.run.uninterrupted, async (signal) =>
      this.run.ports.power.state(signal),
    );
  }

  /** After the first boot of a long-lived guest. */
  async settleIn(): Promise<void> {
    const { snapshots } = this.run.ports;
    await this.step("startup", "removing the seed", WORK_LIMITS.seed, (signal) =>
      snapshots.removeSeed(signal),
    );
    await this.step("startup", "marking the disks as in use", WORK_LIMITS.mark, (signal) =>
      snapshots.markTouched(signal),
    );
  }

  /** What fails here is done again, and told of, by `settle`. */
  async prepareSettle(): Promise<void> {
    const prepare = async (signal: AbortSignal) => this.run.ports.snapshots.prepareSettle(signal);
    await bounded(
      "preparing the disks of the next start",
      WORK_LIMITS.settle,
      this.run.uninterrupted,
      prepare,
    ).catch(() => undefined);
  }

  async settle(): Promise<void> {
    const { project, keep } = this.run.input;
    await bounded("tidying the snapshots", WORK_LIMITS.settle, this.run.uninterrupted, async (signal) =>
      this.run.ports.snapshots.settle({ project: project?.id ?? null, keep }, signal),
    );
  }

  private async waitUntilReady(phase: PhaseName): Promise<void> {
    const limit = this.run.input.limits.readinessMs + WORK_LIMITS.beyondReadiness;
    this.tell(phase, "waiting for the guest");
    await bounded("waiting for the guest", limit, this.run.interruptible, async (signal) =>
      this.run.ports.access.waitUntilReady(
        signal,
        (what) => this.tell(phase, `waiting for ${what}`),
        phase.startsWith("restore "),
      ),
    );
    if (phase === "startup") await this.endFirstBoot();
  }

  /** A guest whose login may not do this is still usable: the user has to know, not to lose the cache. */
  private async refresh(phase: PhaseName): Promise<void> {
    const problems: string[] = [];
    try {
      await this.step(phase, "setting the clock", WORK_LIMITS.clock, async () => {
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
    const limit = shutDownLimit({ tries, delayMs });
    this.tell(phase, "shutting down");
    const how = await bounded("shutting down", limit, this.run.uninterrupted, async (signal) =>
      this.run.ports.power.shutDown({ tries, delayMs }, signal),
    );
    if (how === "forced") {
      this.run.warn(`${phase}: the guest did not shut down within ${seconds(patience)} and was forced off`);
    }
  }

  private async create(phase: PhaseName, wanted: WantedSnapshot): Promise<void> {
    await this.step(phase, `taking the snapshot "${wanted.name}"`, WORK_LIMITS.create, (signal) =>
      this.run.ports.snapshots.create(wanted, signal),
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
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    this.tell(phase, what);
    await bounded(what, limitMs, this.run.uninterrupted, async (signal) => work(signal));
  }

  private tell(phase: PhaseName, what: string): void {
    this.run.ports.observer.step(phase, what);
  }
}
