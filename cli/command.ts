import { UserError } from "../definitions/user-error";

/** A command line that cannot be understood. */
export class UsageError extends UserError {}

/** What a command works with. */
export interface CliContext {
  /** The Pulumi program's folder, absolute: it holds `.guest-farm`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: (chunk: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
}

/** One command of `guest-farm`. */
export interface CliCommand {
  /** Arguments and options, as the usage line has them. */
  readonly synopsis: string;
  /** What it does, one sentence without a full stop. */
  readonly summary: string;
  readonly details: string;
  /** The arguments that are its own, where others belong to somebody else. Default: all. */
  ownArguments?(args: readonly string[]): readonly string[];
  /** @returns the exit code. @throws UserError, and what `parseArgs` throws. */
  run(args: readonly string[], context: CliContext): Promise<number> | number;
}
