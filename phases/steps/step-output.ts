import type { Masker } from "../masking";
import { LastLines } from "./last-lines";

type Stream = "stdout" | "stderr";

/** The output of one try: masked, passed on as it comes, its last lines kept. Memory does not grow with it. */
export class StepOutput {
  private readonly maskers: Record<Stream, Masker>;
  private readonly last: LastLines;

  constructor(
    newMasker: () => Masker,
    lastLines: number,
    private readonly pass: (stream: Stream, chunk: Buffer) => void,
  ) {
    this.maskers = { stdout: newMasker(), stderr: newMasker() };
    this.last = new LastLines(lastLines);
  }

  readonly take = (stream: Stream, chunk: Buffer): void => {
    this.show(stream, this.maskers[stream].write(chunk));
  };

  /** Shows what was kept back, and returns the last lines. */
  end(): string[] {
    for (const stream of ["stdout", "stderr"] as const) this.show(stream, this.maskers[stream].end());
    return this.last.lines();
  }

  private show(stream: Stream, chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.pass(stream, chunk);
    this.last.add(stream, chunk);
  }
}
