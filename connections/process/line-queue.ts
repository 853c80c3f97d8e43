import { LineSplitter } from "./line-splitter";

/** Turns chunks of bytes into lines that are read later, in order; a last line without an end counts. */
export class LineQueue implements AsyncIterable<string> {
  private readonly lines: string[] = [];
  private readonly splitter = new LineSplitter();
  private ended = false;
  private wake: () => void = () => undefined;

  push(text: string): void {
    for (const line of this.splitter.push(text)) this.lines.push(line);
    this.wake();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    const rest = this.splitter.take();
    if (rest !== "") this.lines.push(rest);
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const line = this.lines.shift();
      if (line !== undefined) yield line;
      else if (this.ended) return;
      else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
