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

/**
 * What the guest is about to become is not what was announced, and what its snapshot would be found by. No second try
 * mends that.
 */
export class InputChanged extends StepFailure {
  constructor(file: string, when: string) {
    super(
      `${file} was changed ${when}, so the snapshot would not be the one that was announced: run \`pulumi up\` again`,
    );
    this.name = "InputChanged";
  }
}
