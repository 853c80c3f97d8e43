/** Longest line that is kept, in characters: no answer of a tool is longer. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * Cuts text into lines as it comes. Each character is looked at once, however long its line is; what a line has beyond
 * `longest` is dropped.
 */
export class LineSplitter {
  private parts: string[] = [];
  private length = 0;

  constructor(private readonly longest = LONGEST_LINE) {}

  /** The lines that this text ends. */
  push(text: string): string[] {
    const lines: string[] = [];
    let at = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", at)) {
      this.keep(text.slice(at, end));
      lines.push(this.take());
      at = end + 1;
    }
    this.keep(text.slice(at));
    return lines;
  }

  /** What has come of a line that has not ended, which counts as one from now on; empty: nothing. */
  take(): string {
    const line = this.parts.length === 1 ? (this.parts[0] ?? "") : this.parts.join("");
    this.parts = [];
    this.length = 0;
    return line;
  }

  private keep(part: string): void {
    const room = this.longest - this.length;
    if (part === "" || room <= 0) return;
    const kept = part.length > room ? part.slice(0, room) : part;
    this.parts.push(kept);
    this.length += kept.length;
  }
}
