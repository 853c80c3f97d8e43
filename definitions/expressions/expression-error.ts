/** What is wrong with an expression, and where in the template's text. */
export interface ExpressionProblem {
  /** 0-based offset into the text given to `parseTemplate`. */
  readonly offset: number;
  readonly length: number;
  /** One sentence without a full stop. */
  readonly what: string;
  readonly found?: string;
  readonly allowed?: string;
  /** The valid name that was most likely meant. */
  readonly nearest?: string;
  /** What to do, where no valid name is near. */
  readonly remedy?: string;
}

/** A template that cannot be parsed or evaluated. The caller knows the file and makes a `UserError` of it. */
export class ExpressionError extends Error {
  readonly offset: number;
  readonly length: number;
  readonly nearest: string | undefined;

  constructor(readonly problem: ExpressionProblem) {
    const hint = problem.nearest === undefined ? "" : `; did you mean "${problem.nearest}"?`;
    super(problem.what + hint);
    this.name = "ExpressionError";
    this.offset = problem.offset;
    this.length = problem.length;
    this.nearest = problem.nearest;
  }
}
