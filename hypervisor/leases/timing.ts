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

export const LEASE_TIMING: LeaseTiming = {
  beatMs: 5_000,
  answerMs: 20_000,
  holdMs: 30_000,
  orphanMs: 300_000,
};
