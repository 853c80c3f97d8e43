import { COMMAND_LIMITS } from "../../definitions/time-limits";
import { CommandTimeoutError, type CommandResult, type RunningCommand, type ShellCommand } from "../shell";
import { startChild } from "./child";
import { LineQueue } from "./line-queue";
import { TailBuffer } from "./tail-buffer";

/** Time limit of a command that names none, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = COMMAND_LIMITS.program;

/** Runs one program of this machine to its end. Errors as in `Shell.run`. */
export async function runChild(
  machine: string,
  command: ShellCommand,
  environmentExtra: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  command.signal?.throwIfAborted();
  const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const child = startChild(command.argv, {
    stdin: command.stdin === undefined ? "ignore" : "pipe",
    environmentExtra,
  });
  const kept = { stdout: new TailBuffer(), stderr: new TailBuffer() };
  for (const name of ["stdout", "stderr"] as const) {
    child.process[name]?.on("data", (chunk: Buffer) => {
      kept[name].push(chunk);
      command.onOutput?.(name, chunk);
    });
  }
  // A program that ends without reading its input breaks the pipe; its exit code says the rest.
  child.process.stdin?.on("error", () => undefined);
  child.process.stdin?.end(command.stdin);

  const limit = new AbortController();
  const timer = setTimeout(() => {
    limit.abort();
    child.terminate();
  }, timeoutMs);
  const abort = (): void => child.terminate();
  command.signal?.addEventListener("abort", abort, { once: true });
  try {
    const { exitCode, startError } = await child.ended;
    command.signal?.throwIfAborted();
    if (limit.signal.aborted) throw new CommandTimeoutError(machine, command.argv, timeoutMs);
    return { exitCode, stdout: kept.stdout.toString(), stderr: startError ?? kept.stderr.toString() };
  } finally {
    clearTimeout(timer);
    command.signal?.removeEventListener("abort", abort);
  }
}

/** Starts a program of this machine that goes on running. */
export function startRunning(
  argv: readonly string[],
  environmentExtra: Readonly<Record<string, string>> = {},
): RunningCommand {
  const child = startChild(argv, { stdin: "pipe", environmentExtra });
  const lines = new LineQueue();
  const stderr = new TailBuffer();
  const { stdin, stdout } = child.process;
  stdin?.on("error", () => undefined);
  stdout?.setEncoding("utf8");
  stdout?.on("data", (text: string) => lines.push(text));
  child.process.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  return {
    write: (text) => void stdin?.write(text),
    end: () => void stdin?.end(),
    kill: () => child.kill(),
    lines,
    exited: child.ended.then(({ exitCode, startError }) => {
      lines.end();
      return { exitCode, stderr: startError ?? stderr.toString() };
    }),
  };
}
