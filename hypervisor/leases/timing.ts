/** Times of a lease. Others get it after `holdMs`, so that has to be above `answerMs`. */
export interface LeaseTiming {
  /** Milliseconds between two beats. */
  readonly beatMs: number;
  /** Milliseconds since the last answered beat was sent, after which another way to the keeper is sought. */
  readonly answerMs: number;
  /** Milliseconds after the last beat at which the keeper gives the lease to others. Whole seconds. */
  readonly holdMs: number;
  /** Milliseconds after the last beat at which the keeper powers an orphaned guest off. Whole seconds. */
  readonly orphanMs: number;
}

const DEFAULTS: LeaseTiming = { beatMs: 5_000, answerMs: 20_000, holdMs: 30_000, orphanMs: 300_000 };

/**
 * The times of leases: 5 s, 20 s, 30 s, and 5 minutes until an orphan is powered off, unless the environment gives
 * `GUEST_FARM_ORPHAN_TIMEOUT` in whole seconds.
 */
export function leaseTiming(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LeaseTiming {
  const given = environment["GUEST_FARM_ORPHAN_TIMEOUT"] ?? "";
  return /^[1-9]\d{0,5}$/.test(given) ? { ...DEFAULTS, orphanMs: Number(given) * 1000 } : DEFAULTS;
}
