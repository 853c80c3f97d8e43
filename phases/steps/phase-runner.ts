import { HostKeyError } from "../../connections/guest-connection";
import { evaluateTemplate, type Scope } from "../../definitions/expressions";
import { holds } from "../expressions/condition";
import { scopeOf } from "../expressions/scope";
import type { FilePhase, PhaseName } from "../lifecycle/phase-names";
import type { PhaseOutcome, PhaseRunner } from "../lifecycle/ports";
import { maskerFor, maskText, type Masker } from "../masking";
import type { LoadedProject } from "../project/loaded-project";
import type { ResolvedStep } from "../project/resolved-phase";
import type { StepPorts } from "./ports";
import { runAction } from "./run-action";
import { StepFailure } from "./step-failure";
import { StepOutput } from "./step-output";
import type { StepResult } from "./step-run";

const LAST_LINES = 40;

/**
 * Runs the phases of a project in its guest, step by step. The first step that fails ends its phase. What the steps
 * print goes to the log, secrets masked.
 *
 * `run` rejects with the signal's reason when it is aborted; every other trouble is a failed outcome.
 */
export function createPhaseRunner(loaded: LoadedProject, ports: StepPorts): PhaseRunner {
  return new StepsRunner(loaded, ports);
}

interface Failure {
  readonly reason: string;
  readonly exitCode: number | null;
  readonly lastLines: readonly string[];
  readonly final: boolean;
}

class StepsRunner implements PhaseRunner {
  private readonly scope: Scope;
  private readonly secrets: readonly string[];
  private readonly newMasker: () => Masker;

  constructor(
    private readonly loaded: LoadedProject,
    private readonly ports: StepPorts,
  ) {
    const { become } = loaded.guest;
    this.scope = scopeOf(loaded.context, ports.runId);
    this.secrets = [...Object.values(loaded.context.secrets), become?.password ?? ""];
    this.newMasker = maskerFor(this.secrets);
  }

  fileOf(phase: FilePhase): string | null {
    return this.loaded.files[phase];
  }

  async run(phase: FilePhase, signal: AbortSignal): Promise<PhaseOutcome> {
    const resolved = this.loaded.phases[phase];
    if (resolved === null) return { status: "none" };
    const skip = new Set<PhaseName>();
    for (const [index, step] of resolved.steps.entries()) {
      const name = this.mask(evaluateTemplate(step.name, this.scope));
      const shown = { number: index + 1, count: resolved.steps.length, name };
      const started = this.ports.clock.now().getTime();
      const ended = (status: "passed" | "failed" | "skipped") => {
        this.ports.log.stepEnded(phase, shown, status, this.ports.clock.now().getTime() - started);
      };
      signal.throwIfAborted();
      this.ports.log.stepStarted(phase, shown);
      const result = await this.step(step, phase, signal);
      if ("final" in result) {
        ended("failed");
        const { exitCode, lastLines } = result;
        return { status: "failed", reason: `${name} (${step.place}): ${result.reason}`, exitCode, lastLines };
      }
      if (result.status === "skipped") this.note(phase, `skipped: ${result.reason}`);
      else result.skip?.forEach((later) => skip.add(later));
      ended(result.status);
    }
    return { status: "passed", skip: [...skip] };
  }

  /** Tries a step as often as it may be tried. */
  private async step(
    step: ResolvedStep,
    phase: FilePhase,
    signal: AbortSignal,
  ): Promise<StepResult | Failure> {
    if (!step.conditions.every((condition) => holds(condition, this.scope))) {
      return { status: "skipped", reason: "its condition does not hold" };
    }
    for (let tries = 1; ; tries++) {
      const result = await this.tryOnce(step, phase, signal);
      if (!("final" in result) || result.final || tries > step.retries) return result;
      const delay = step.retryDelayMs;
      this.note(phase, `${result.reason}; try ${tries + 1} of ${step.retries + 1} in ${delay / 1000} s`);
      await this.ports.clock.sleep(delay, signal);
    }
  }

  private async tryOnce(
    step: ResolvedStep,
    phase: FilePhase,
    signal: AbortSignal,
  ): Promise<StepResult | Failure> {
    const output = new StepOutput(this.newMasker, this.ports.lastLines ?? LAST_LINES, (stream, chunk) =>
      this.ports.log.output(phase, stream, chunk),
    );
    try {
      const result = await runAction(step.action, {
        loaded: this.loaded,
        ports: this.ports,
        scope: this.scope,
        phase,
        signal,
        timeoutMs: step.timeoutMs ?? this.ports.stepTimeoutMs,
        ownTimeout: step.timeoutMs !== undefined,
        onOutput: output.take,
        note: (text) => this.note(phase, text),
      });
      output.end();
      return result;
    } catch (error) {
      const lastLines = output.end();
      signal.throwIfAborted();
      return {
        reason: this.mask(error instanceof Error ? error.message : String(error)),
        exitCode: error instanceof StepFailure ? error.exitCode : null,
        lastLines,
        final: error instanceof HostKeyError,
      };
    }
  }

  private note(phase: FilePhase, text: string): void {
    this.ports.log.note(phase, this.mask(text));
  }

  private mask(text: string): string {
    return maskText(text, this.secrets);
  }
}
