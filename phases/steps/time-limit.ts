import { StepFailure } from "./step-failure";

/**
 * Runs something that knows no time limit of its own. After `ms` its signal is aborted and it counts as failed, also
 * when it goes on.
 */
export async function withTimeLimit<T>(
  what: string,
  ms: number,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const tooLate = new StepFailure(`${what} did not end within ${ms / 1000} s`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      limit.abort(tooLate);
      reject(tooLate);
    }, ms);
  });
  try {
    return await Promise.race([task(AbortSignal.any([signal, limit.signal])), late]);
  } finally {
    clearTimeout(timer);
  }
}
