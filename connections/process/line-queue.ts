/** Turns chunks of bytes into lines that are read later, in order; a last line without an end counts. */
export class LineQueue implements AsyncIterable<string> {
  private readonly lines: string[] = [];
  private rest = "";
  private ended = false;
  private wake: () => void = () => undefined;

  push(text: string): void {
    const parts = (this.rest + text).split("\n");
    this.rest = parts.pop() ?? "";
    this.lines.push(...parts);
    this.wake();
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    if (this.rest !== "") this.lines.push(this.rest);
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
