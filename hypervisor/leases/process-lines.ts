import type { RunningCommand } from "../../connections/shell";

/** Talks with a running process line by line, with a time limit on each answer. */
export class ProcessLines {
  private readonly lines: AsyncIterator<string>;

  constructor(
    private readonly process: RunningCommand,
    /** Names the matter in messages. */
    private readonly matter: string,
  ) {
    this.lines = process.lines[Symbol.asyncIterator]();
  }

  say(line: string): void {
    this.process.write(`${line}\n`);
  }

  /** The next line. @throws Error when the process ends or stays silent, or the signal's reason. */
  async next(limitMs: number, signal?: AbortSignal): Promise<string> {
    const line = await within(this.lines.next(), limitMs, signal, () => {
      return new Error(`${this.matter}: no answer within ${limitMs / 1000} s`);
    });
    if (line.done !== true) return line.value;
    const { exitCode, stderr } = await this.process.exited;
    throw new Error(`${this.matter}: ${stderr.trim() || `its process ended with exit code ${exitCode}`}`);
  }

  async expect(wanted: string, limitMs: number, signal?: AbortSignal): Promise<void> {
    const line = await this.next(limitMs, signal);
    if (line !== wanted) throw this.unexpected(line);
  }

  unexpected(line: string): Error {
    return new Error(`${this.matter}: unexpected answer ${JSON.stringify(line.slice(0, 80))}`);
  }
}

/** Waits for a promise until a time limit or a signal; both reject. */
function within<T>(
  promise: Promise<T>,
  limitMs: number,
  signal: AbortSignal | undefined,
  late: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal?.reason as Error);
    const timer = setTimeout(() => reject(late()), limitMs);
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    promise.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    });
  });
}
