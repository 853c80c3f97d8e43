import { evaluateTemplate, type Scope, type Template } from "../../definitions/expressions";
import type { FilePhase, PhaseName } from "../lifecycle/phase-names";
import type { LoadedProject } from "../project/loaded-project";
import type { StepPorts } from "./ports";

/** What one try of one step works with. */
export interface StepRun {
  readonly loaded: LoadedProject;
  readonly ports: StepPorts;
  readonly scope: Scope;
  readonly phase: FilePhase;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  /** Milliseconds for this try. */
  readonly timeoutMs: number;
  /** Whether the step itself says how long it may take. */
  readonly ownTimeout: boolean;
  readonly onOutput: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  note(text: string): void;
}

/** How a step ended that did not fail. */
export type StepResult =
  | { readonly status: "passed"; readonly skip?: readonly PhaseName[] }
  | { readonly status: "skipped"; readonly reason: string };

export const PASSED: StepResult = { status: "passed" };

/** The text of a template, or undefined when there is none. */
export function textOf(template: Template | undefined, run: StepRun): string | undefined {
  return template === undefined ? undefined : evaluateTemplate(template, run.scope);
}

/** The texts of named templates. */
export function textsOf(templates: Readonly<Record<string, Template>>, run: StepRun): Record<string, string> {
  return Object.fromEntries(
    Object.entries(templates).map(([name, template]) => [name, evaluateTemplate(template, run.scope)]),
  );
}
