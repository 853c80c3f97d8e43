import { HostKeyError } from "../../connections/guest-connection";
import { evaluateTemplate, type Scope } from "../../definitions/expressions";
import { holds } from "../expressions/condition";
import type { FilePhase, PhaseName } from "../lifecycle/phase-names";
import type { PhaseOutcome } from "../lifecycle/ports";
import type { Masker } from "../masking";
import type { LoadedProject } from "../project/loaded-project";
import type { ResolvedStep } from "../project/resolved-phase";
import type { StepPorts } from "./ports";
import { runAction } from "./run-action";
import { InputChanged, StepFailure } from "./step-failure";
import { StepOutput } from "./step-output";
import type { StepResult } from "./step-run";

const LAST_LINES = 40;

interface Failure {
  readonly status: "failed";
  readonly reason: string;
  readonly exitCode: number | null;
  readonly lastLines: readonly string[];
  /** Whether it is no use to try again. */
  readonly final: boolean;
}

/** One run of one phase. */
export class PhaseRun {
  constructor(
    private readonly loaded: LoadedProject,
    private readonly ports: StepPorts,
    private readonly scope: Scope,
    private readonly phase: FilePhase,
    private readonly signal: AbortSignal,
    private readonly mask: (text: string) => string,
    private readonly newMasker: () => Masker,
  ) {}

  async run(steps: readonly ResolvedStep[]): Promise<PhaseOutcome> {
    const skip = new Set<PhaseName>();
    for (const [index, step] of steps.entries()) {
      this.signal.throwIfAborted();
      const name = this.mask(evaluateTemplate(step.name, this.scope));
      const result = await this.logged({ number: index + 1, count: steps.length, name }, step);
      if (result.status === "failed") {
        const { exitCode, lastLines } = result;
        const reason = `${name} (${step.place}): ${result.reason}`;
        return { status: "failed", reason, exitCode, lastLines, skip: [...skip] };
      }
      if (result.status === "passed") result.skip?.forEach((later) => skip.add(later));
    }
    return { status: "passed", skip: [...skip] };
  }

  private async logged(
    shown: { number: number; count: number; name: string },
    step: ResolvedStep,
  ): Promise<StepResult | Failure> {
    const { log, clock } = this.ports;
    const started = clock.now().getTime();
    log.stepStarted(this.phase, shown);
    const result = await this.step(step);
    if (result.status === "skipped") this.note(`skipped: ${result.reason}`);
    log.stepEnded(this.phase, shown, result.status, clock.now().getTime() - started);
    return result;
  }

  /** Tries a step as often as it may be tried. */
  private async step(step: ResolvedStep): Promise<StepResult | Failure> {
    if (!step.conditions.every((condition) => holds(condition, this.scope))) {
      return { status: "skipped", reason: "its condition does not hold" };
    }
    for (let tries = 1; ; tries++) {
      const result = await this.tryOnce(step);
      if (result.status !== "failed" || result.final || tries > step.retries) return result;
      const delay = step.retryDelayMs;
      this.note(`${result.reason}; try ${tries + 1} of ${step.retries + 1} in ${delay / 1000} s`);
      await this.ports.clock.sleep(delay, this.signal);
    }
  }

  private async tryOnce(step: ResolvedStep): Promise<StepResult | Failure> {
    const { loaded, ports, scope, phase, signal } = this;
    const output = new StepOutput(this.newMasker, ports.lastLines ?? LAST_LINES, (stream, chunk) =>
      ports.log.output(phase, stream, chunk),
    );
    try {
      const result = await runAction(step.action, {
        loaded,
        ports,
        scope,
        phase,
        signal,
        timeoutMs: step.timeoutMs ?? ports.stepTimeoutMs,
        ownTimeout: step.timeoutMs !== undefined,
        onOutput: output.take,
        note: (text) => this.note(text),
      });
      output.end();
      return result;
    } catch (error) {
      const lastLines = output.end();
      signal.throwIfAborted();
      return {
        status: "failed",
        reason: this.mask(error instanceof Error ? error.message : String(error)),
        exitCode: error instanceof StepFailure ? error.exitCode : null,
        lastLines,
        final: error instanceof HostKeyError || error instanceof InputChanged,
      };
    }
  }

  private note(text: string): void {
    this.ports.log.note(this.phase, this.mask(text));
  }
}
