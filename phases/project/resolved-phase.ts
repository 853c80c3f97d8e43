import type { Template } from "../../definitions/expressions";
import type { ScriptTemplate } from "../expressions/script-template";
import type { FilePhase, PhaseName } from "../lifecycle/phase-names";
import type { Reference } from "../expressions/references";

/** A phase file with its includes, in the order in which the steps run. */
export interface ResolvedPhase {
  readonly phase: FilePhase;
  /** Relative to the project's folder. */
  readonly file: string;
  readonly steps: readonly ResolvedStep[];
  readonly uses: PhaseInputs;
  /** Whether an expression names the guest's snapshots, so that they have to be asked for. */
  readonly asksForSnapshots: boolean;
}

/** All that a phase is made from. */
export interface PhaseInputs {
  /** sha256 (hex) by path relative to the project's folder: phase files, includes, scripts, copied files and folders. */
  readonly files: Readonly<Record<string, string>>;
  /** Values that expressions name, as paths: `vars.mirror`. Those of the run itself are left out. */
  readonly references: readonly Reference[];
}

export interface ResolvedStep {
  readonly name: Template;
  /** Where it is written, for messages: `phases/main.yaml:4`. */
  readonly place: string;
  /** Its own `when` and those of the includes that it came through; all have to hold. */
  readonly conditions: readonly Template[];
  readonly action: StepAction;
  /** Milliseconds; absent: the default of the run. */
  readonly timeoutMs?: number;
  /** How often it is tried again after a failure. */
  readonly retries: number;
  readonly retryDelayMs: number;
}

/** What a command has to do to count as passed. */
export interface Expectation {
  readonly exitCodes: readonly number[];
  /** Text that standard output has to contain, or a regular expression that it has to match. */
  readonly stdout?: { readonly text: Template } | { readonly pattern: RegExp };
}

export type CommandText =
  | { readonly script: ScriptTemplate }
  /** A script file of the project, sent as it is; path relative to the project's folder. */
  | { readonly file: string };

export interface RunAction {
  readonly kind: "run";
  readonly command: CommandText;
  readonly shell: "sh" | "bash" | "powershell";
  readonly user?: Template;
  readonly dir?: Template;
  readonly env: Readonly<Record<string, Template>>;
  readonly stdin?: Template;
  readonly creates?: Template;
  readonly expect: Expectation;
}

export interface LocalAction {
  readonly kind: "local";
  readonly command: ScriptTemplate;
  /** Relative to the project's folder. */
  readonly dir: string;
  readonly env: Readonly<Record<string, Template>>;
  readonly stdin?: Template;
  /** Relative to the project's folder. */
  readonly creates?: string;
  readonly expect: Expectation;
}

export interface WriteOptions {
  readonly mode?: string;
  readonly owner?: Template;
  readonly user?: Template;
}

export interface CopyAction extends WriteOptions {
  readonly kind: "copy";
  /** Relative to the project's folder. */
  readonly from: string;
  readonly to: Template;
}

export interface WriteAction extends WriteOptions {
  readonly kind: "write";
  readonly to: Template;
  readonly content: Template;
}

export interface FetchAction {
  readonly kind: "fetch";
  readonly from: Template;
  /** Relative to the artifacts folder. */
  readonly to: Template;
  readonly user?: Template;
}

export interface WaitAction {
  readonly kind: "waitFor";
  readonly until:
    { readonly port: number | Template } | { readonly file: Template } | { readonly command: ScriptTemplate };
  readonly shell: "sh" | "bash" | "powershell";
  readonly user?: Template;
  readonly everyMs: number;
}

export type StepAction =
  | RunAction
  | LocalAction
  | CopyAction
  | WriteAction
  | FetchAction
  | WaitAction
  | { readonly kind: "reboot" }
  | { readonly kind: "checkpoint"; readonly name: Template }
  | { readonly kind: "restoreCheckpoint"; readonly name: Template }
  | { readonly kind: "skip"; readonly phases: readonly PhaseName[] };
