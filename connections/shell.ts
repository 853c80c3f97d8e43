import { printableText } from "./printable";

/** One program to run. `argv` goes to the machine as it is: nobody builds a shell string from names. */
export interface ShellCommand {
  /** Program and arguments. Never holds a secret: every user of the machine can read it. */
  readonly argv: readonly string[];
  /** Whole standard input; default: nothing (`/dev/null`). The place for secrets. */
  readonly stdin?: string | Buffer;
  /** Milliseconds until the command is stopped; default 60,000. */
  readonly timeoutMs?: number;
  /** Stops the command when aborted. */
  readonly signal?: AbortSignal;
  /** Sees output as it comes. `stdout` and `stderr` of the result keep at most the last 1 MiB each. */
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that goes on running, such as the holder of a lease. */
export interface RunningCommand {
  /** Writes to its standard input. */
  write(text: string): void;
  /** Closes its standard input. */
  end(): void;
  /** Ends it with SIGKILL. */
  kill(): void;
  /** Lines of its standard output, as they come. */
  readonly lines: AsyncIterable<string>;
  /** Settles when it has ended; never rejects. */
  readonly exited: Promise<{ readonly exitCode: number; readonly stderr: string }>;
}

/** A way to run programs on one machine (the controller, or a hypervisor's host). */
export interface Shell {
  /** Names the machine in messages: `local`, `ssh build@rack1`. */
  readonly description: string;
  /**
   * Runs a command and returns its result whatever its exit code.
   * @throws CommandTimeoutError, LinkLostError, or the signal's reason. Never for a plain non-zero exit.
   */
  run(command: ShellCommand): Promise<CommandResult>;
  /**
   * Runs a command that has to succeed and returns its standard output.
   * @throws CommandError on a non-zero exit, and all that `run` throws.
   */
  output(command: ShellCommand): Promise<string>;
  /** Starts a command and returns at once. */
  start(argv: readonly string[]): RunningCommand;
  /** Closes what the shell keeps open (connections). Safe to call twice. */
  close(): Promise<void>;
}

/** A command ended with a non-zero exit code. */
export class CommandError extends Error {
  constructor(
    readonly machine: string,
    readonly argv: readonly string[],
    readonly result: CommandResult,
  ) {
    const words = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-8).join("\n");
    const said = printableText(words);
    super(
      `${argv.slice(0, 3).join(" ")} failed on ${machine} (exit code ${result.exitCode})${said ? `: ${said}` : ""}`,
    );
    this.name = "CommandError";
  }
}

/** A command did not end in time and was stopped. */
export class CommandTimeoutError extends Error {
  constructor(
    readonly machine: string,
    readonly argv: readonly string[],
    readonly timeoutMs: number,
  ) {
    super(
      `${argv.slice(0, 3).join(" ")} on ${machine} did not end within ${timeoutMs / 1000} s and was stopped`,
    );
    this.name = "CommandTimeoutError";
  }
}

/** The connection to the machine broke, or could not be made. `reason` is for a person to read. */
export class LinkLostError extends Error {
  constructor(
    readonly machine: string,
    reason: string,
    /** Whether it broke while a command ran, which may have done its work. */
    readonly midway = false,
  ) {
    super(`no connection to ${machine}: ${printableText(reason)}`);
    this.name = "LinkLostError";
  }
}

/** Its SSH server dropped the connection before a login: it may have too many of them at the moment (MaxStartups). */
export class LoginDroppedError extends LinkLostError {}

/** The machine showed the host key that it should, and let nobody in. */
export class LoginRefusedError extends LinkLostError {}

/** The machine let the user in, and the user's login shell did not start what it was told to. */
export class LoginShellError extends Error {
  constructor(
    readonly machine: string,
    exitCode: number,
    said: string,
  ) {
    const words = printableText(said.trim()).split("\n").slice(-4).join("\n");
    super(
      `the login shell at ${machine} did not start \`sh\` (exit code ${exitCode})${words && `, and said: ${words}`}\n` +
        "Give this user a shell that does (sh, bash, zsh, ksh, csh, tcsh or fish; `chsh -s /bin/sh USER`), or log in as another user",
    );
    this.name = "LoginShellError";
  }
}
