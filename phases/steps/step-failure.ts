/** A step did not do what it should. The message says why, for the user. */
export class StepFailure extends Error {
  constructor(
    reason: string,
    /** Exit code of the command that failed; null where none did. */
    readonly exitCode: number | null = null,
  ) {
    super(reason);
    this.name = "StepFailure";
  }
}
