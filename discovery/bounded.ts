/** The result of something that was only given a certain time. */
export type Bounded<T> = { readonly value: T } | { readonly problem: string };

/**
 * Waits for work for at most `ms`; a failure or the end of the time is a result. Work that comes too late is left
 * to end by itself.
 */
export async function bounded<T>(ms: number, work: Promise<T>): Promise<Bounded<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Bounded<T>>((resolve) => {
    timer = setTimeout(() => resolve({ problem: `no answer within ${ms / 1000} s` }), ms);
  });
  const done = work.then(
    (value): Bounded<T> => ({ value }),
    (error: unknown): Bounded<T> => ({ problem: error instanceof Error ? error.message : String(error) }),
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
