import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";

/** How long output may stay silent after the program has ended while something else holds its pipes. */
const SILENCE_AFTER_EXIT_MS = 500;
/** How long a program has to end by itself after SIGTERM. */
const TERMINATION_MS = 2_000;

/** A started program with its own process group. */
export interface Child {
  readonly process: ChildProcess;
  /** Settles when it has ended and its output has been read; never rejects. */
  readonly ended: Promise<{ readonly exitCode: number; readonly startError?: string }>;
  /** Ends the process group: SIGTERM, then SIGKILL. */
  terminate(): void;
  /** Ends the process group with SIGKILL. */
  kill(): void;
}

/**
 * What Pulumi puts into the environment of a program: the stack's configuration with its secrets in clear, and the
 * means to read all others. They are no business of the programs that it starts.
 */
const SECRET_NAME = /^PULUMI_(CONFIG|ACCESS_TOKEN)/;

/** Environment of our programs: messages are parsed, so they have to be the untranslated ones. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const plain = Object.entries(process.env).filter(([name]) => !SECRET_NAME.test(name));
  return { ...Object.fromEntries(plain), LC_ALL: "C", ...extra };
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** What a shell would report for a program that cannot be started. */
function startFailure(
  program: string,
  error: NodeJS.ErrnoException,
): { exitCode: number; startError: string } {
  if (error.code === "ENOENT") return { exitCode: 127, startError: `${program}: command not found` };
  return { exitCode: 126, startError: `${program}: ${error.message}` };
}

/** Starts a program without a shell. `environmentExtra` holds no secret: root and its own user can read it. */
export function startChild(
  argv: readonly string[],
  options: {
    readonly stdin: "pipe" | "ignore";
    readonly environmentExtra?: Readonly<Record<string, string>>;
    /** Somebody reads the output at a pace of his own: silence then means nothing. */
    readonly slowReader?: boolean;
  },
): Child {
  const [program, ...parameters] = argv;
  if (program === undefined) throw new Error("a command needs a program");
  const child = spawn(program, parameters, {
    stdio: [options.stdin, "pipe", "pipe"],
    env: environment(options.environmentExtra ?? {}),
    detached: true,
  });

  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group has ended already.
    }
  };

  const ended = new Promise<{ exitCode: number; startError?: string }>((resolve) => {
    let silence: NodeJS.Timeout | undefined;
    child.once("error", (error) => {
      if (child.pid === undefined) resolve(startFailure(program, error));
    });
    // A background process may hold the pipes long after its parent has ended.
    child.once("exit", () => {
      if (options.slowReader === true) return;
      const giveUp = (): void => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      };
      silence = setTimeout(giveUp, SILENCE_AFTER_EXIT_MS);
      const refresh = (): void => void silence?.refresh();
      child.stdout?.on("data", refresh);
      child.stderr?.on("data", refresh);
    });
    child.once("close", (code, signal) => {
      clearTimeout(silence);
      resolve({ exitCode: exitCodeOf(code, signal) });
    });
  });

  return {
    process: child,
    ended,
    kill: () => {
      if (child.exitCode === null && child.signalCode === null) signalGroup("SIGKILL");
    },
    terminate: () => {
      signalGroup("SIGTERM");
      const kill = (): void => signalGroup("SIGKILL");
      const hard = setTimeout(kill, TERMINATION_MS);
      // What the program has left behind in its group goes with it.
      void ended.then(() => {
        clearTimeout(hard);
        kill();
      });
    },
  };
}
