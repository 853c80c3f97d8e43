import { scopeOf } from "../expressions/scope";
import type { FilePhase } from "../lifecycle/phase-names";
import type { PhaseOutcome, PhaseRunner } from "../lifecycle/ports";
import { maskerFor, maskText, type Masker } from "../masking";
import type { LoadedProject } from "../project/loaded-project";
import { PhaseRun } from "./phase-run";
import type { StepPorts } from "./ports";

/**
 * Runs the phases of a project in its guest, step by step. The first step that fails ends its phase. What the steps
 * print goes to the log, secrets masked.
 *
 * `run` rejects with the signal's reason when it is aborted; every other trouble is a failed outcome.
 */
export function createPhaseRunner(loaded: LoadedProject, ports: StepPorts): PhaseRunner {
  return new StepsRunner(loaded, ports);
}

class StepsRunner implements PhaseRunner {
  private readonly secrets: readonly string[];
  private readonly newMasker: () => Masker;

  constructor(
    private readonly loaded: LoadedProject,
    private readonly ports: StepPorts,
  ) {
    this.secrets = [...Object.values(loaded.context.secrets), loaded.guest.become?.password ?? ""];
    this.newMasker = maskerFor(this.secrets);
  }

  fileOf(phase: FilePhase): string | null {
    return this.loaded.files[phase];
  }

  async run(phase: FilePhase, signal: AbortSignal): Promise<PhaseOutcome> {
    const resolved = this.loaded.phases[phase];
    if (resolved === null) return { status: "none" };
    const snapshots = resolved.asksForSnapshots ? await this.ports.snapshotNames?.() : undefined;
    const scope = scopeOf(this.loaded.context, { id: this.ports.runId, snapshots: snapshots ?? [] });
    return new PhaseRun(
      this.loaded,
      this.ports,
      scope,
      phase,
      signal,
      (text) => maskText(text, this.secrets),
      this.newMasker,
    ).run(resolved.steps);
  }
}
