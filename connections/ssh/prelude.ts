import { Transform } from "node:stream";
import { MarkFilter } from "../guest/mark-filter";
import type { Mark } from "../guest/wrapped-program";

/**
 * Tells what su prints on standard output, its question for a password included, from what the program itself prints:
 * the wrapper says `MARK begins` in between.
 */
export class Prelude {
  private begun = false;
  private readonly filter: MarkFilter;

  constructor(
    mark: Mark,
    hear: (chunk: Buffer) => void,
    private readonly pass: (chunk: Buffer) => void,
  ) {
    this.filter = new MarkFilter(
      mark,
      () => (this.begun = true),
      (chunk) => (this.begun ? pass(chunk) : hear(chunk)),
    );
  }

  push(chunk: Buffer): void {
    if (this.begun) {
      this.pass(chunk);
      return;
    }
    this.filter.push(chunk);
    if (this.hasBegun()) this.filter.end();
  }

  private hasBegun(): boolean {
    return this.begun;
  }
}

/** The program's own output, for somebody who reads at a pace of his own. */
export function afterPrelude(mark: Mark, hear: (chunk: Buffer) => void): Transform {
  const own = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      prelude.push(chunk);
      done();
    },
  });
  const prelude = new Prelude(mark, hear, (chunk) => own.push(chunk));
  return own;
}
