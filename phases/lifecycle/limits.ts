import type { Clock } from "./ports";

/**
 * How long something that was told to stop may take to do so before it is left alone: longer than ending a program on
 * another machine takes.
 */
export const STOPPING_GRACE_MS = 20_000;

/** A part of the run did not end in time. */
export class LimitError extends Error {
  constructor(what: string, limitMs: number) {
    super(`${what} did not end within ${seconds(limitMs)}`);
    this.name = "LimitError";
  }
}

/** The run as a whole took longer than it may. */
export class RunLimitError extends LimitError {
  constructor(limitMs: number) {
    super("the run", limitMs);
    this.name = "RunLimitError";
  }
}

/** What may end a piece of work early. */
export interface Guard {
  readonly clock: Clock;
  /** Tells the work to stop, and waits for it to do so: somebody else may drive the guest. */
  readonly lost: AbortSignal;
  /** Tells the work to stop, and waits for it to do so. Absent: the work is not to be interrupted. */
  readonly cancel?: AbortSignal;
}

/**
 * Runs a piece of work with a time limit. Work that is stopped gets `STOPPING_GRACE_MS` to wind up, so that what
 * comes next does not meet it half way.
 *
 * @param what names the work in the error, as `taking the snapshot "clean"`.
 * @throws LimitError, the reason of the signal that ended it, or what the work throws.
 */
export async function bounded<T>(
  what: string,
  limitMs: number,
  guard: Guard,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  guard.lost.throwIfAborted();
  guard.cancel?.throwIfAborted();
  const stop = new AbortController();
  const over = new AbortController();
  const running = work(stop.signal);
  const settled = running.then(
    () => undefined,
    () => undefined,
  );
  const ended = new Promise<never>((_, reject) => {
    const halt = (reason: Error) => {
      stop.abort(reason);
      const grace = guard.clock.sleep(STOPPING_GRACE_MS, over.signal);
      void Promise.race([settled, grace]).then(
        () => reject(reason),
        () => undefined,
      );
    };
    guard.clock.sleep(limitMs, over.signal).then(
      () => halt(new LimitError(what, limitMs)),
      () => undefined,
    );
    onAbort(guard.cancel, over.signal, halt);
    onAbort(guard.lost, over.signal, halt);
  });
  try {
    const value = await Promise.race([running, ended]);
    stop.signal.throwIfAborted();
    return value;
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    over.abort();
    ended.catch(() => undefined);
  }
}

/** `90 s`, `0.5 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

function onAbort(signal: AbortSignal | undefined, until: AbortSignal, then: (reason: Error) => void): void {
  const listener = () => then(asError(signal?.reason));
  signal?.addEventListener("abort", listener, { once: true, signal: until });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
