import type { Mark } from "./wrapped-program";

/** What the wrapper on the other side has said. */
export type MarkEvent = { readonly word: string; readonly value: string };

/** Longest line of the wrapper, in bytes; a longer one that begins with the mark is somebody else's. */
const LONGEST_WORDS = 1024;

/** Takes the wrapper's own lines out of a stream of standard error; everything else goes through unchanged. */
export class MarkFilter {
  private held = Buffer.alloc(0);
  private readonly mark: Buffer;

  constructor(
    mark: Mark,
    private readonly onEvent: (event: MarkEvent) => void,
    private readonly onData: (chunk: Buffer) => void,
  ) {
    this.mark = Buffer.from(mark);
  }

  push(chunk: Buffer): void {
    let rest = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    this.held = Buffer.alloc(0);
    for (;;) {
      const at = rest.indexOf(this.mark);
      if (at < 0) break;
      const lineEnd = rest.indexOf("\n", at);
      if (lineEnd < 0 && rest.length - at > LONGEST_WORDS) {
        this.pass(rest.subarray(0, at + this.mark.length));
        rest = rest.subarray(at + this.mark.length);
        continue;
      }
      if (lineEnd < 0) {
        this.pass(rest.subarray(0, at));
        this.held = Buffer.from(rest.subarray(at));
        return;
      }
      this.pass(rest.subarray(0, at));
      const [, word = "", value = ""] = rest.toString("latin1", at, lineEnd).trim().split(" ");
      this.onEvent({ word, value });
      rest = rest.subarray(lineEnd + 1);
    }
    const cut = rest.length - this.beginOfMarkAtEnd(rest);
    this.pass(rest.subarray(0, cut));
    this.held = Buffer.from(rest.subarray(cut));
  }

  /** Passes on what was held back. */
  end(): void {
    this.pass(this.held);
    this.held = Buffer.alloc(0);
  }

  private pass(data: Buffer): void {
    if (data.length > 0) this.onData(data);
  }

  /** Length of the longest beginning of the mark that the data ends with. */
  private beginOfMarkAtEnd(data: Buffer): number {
    for (let length = Math.min(this.mark.length - 1, data.length); length > 0; length -= 1) {
      if (data.subarray(data.length - length).equals(this.mark.subarray(0, length))) return length;
    }
    return 0;
  }
}
