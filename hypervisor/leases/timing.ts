/** Times of a lease. The lock outlives the last answered beat, so `holdMs` has to be above `answerMs`. */
export interface LeaseTiming {
  /** Milliseconds between two beats. */
  readonly beatMs: number;
  /** Milliseconds since the last answered beat was sent, after which the lease counts as lost. */
  readonly answerMs: number;
  /** Milliseconds after the last beat at which the hypervisor gives the lease to others. Whole seconds. */
  readonly holdMs: number;
}

export const LEASE_TIMING: LeaseTiming = { beatMs: 5_000, answerMs: 20_000, holdMs: 30_000 };
