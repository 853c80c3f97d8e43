import type { Readable } from "node:stream";
import type { Escalation } from "../guest-connection";
import type { CommandResult } from "../shell";

/** A program to run in a guest, as a transport (SSH, guest agent) needs to know it. */
export interface GuestProgram {
  /** Visible to every user of the guest: no secrets. `mark` is random and the same for the whole program. */
  readonly argv: readonly string[] | ((mark: string) => readonly string[]);
  /** What messages call it. */
  readonly label: readonly string[];
  readonly stdin?: string | Buffer | Readable;
  readonly as?: Escalation;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Takes standard output as it comes, at its own pace; the result's `stdout` is then empty. */
  readonly consume?: (stdout: Readable) => Promise<void>;
  /** A short program that starts none which outlives it: ended by itself, not with a process group. Default: false. */
  readonly alone?: boolean;
  /** The program itself says `MARK end CODE` on standard error when it is done. */
  readonly saysEnd?: boolean;
}

/** Runs programs in one guest. Errors as in `GuestConnection.run`. */
export interface GuestExecutor {
  readonly description: string;
  exec(program: GuestProgram): Promise<CommandResult>;
}
