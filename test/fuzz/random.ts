/** Numbers that follow from a seed, so that whatever is found can be found again. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0, below `limit`. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  one<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error("there is nothing to choose from");
    return chosen;
  }
}

/** What breaks readers of bytes. */
const BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x20, 0x22, 0x2f, 0x3a, 0x5c];
/** What breaks readers of text. */
const TEXTS = [
  ...Array.from("\n\t\r\0:;,.-[]{}()<>|&*!%@`'\"\\#?~=$/"),
  "${{ ",
  " }}",
  "<<: ",
  "&a ",
  "*a",
  "!!binary ",
  "__proto__",
  "constructor",
  "1e999",
  "-0",
  ".nan",
  "null",
  "\ufeff",
  "\u202e",
  "\ud800",
  "\u001b[2J",
  "a".repeat(300),
  "- ".repeat(50),
  "[".repeat(50),
];

/** A file that somebody changed in some places. */
export function mutatedBytes(random: Random, original: Buffer): Buffer {
  let bytes = Buffer.from(original);
  for (let count = 1 + random.below(6); count > 0 && bytes.length > 0; count -= 1) {
    // Headers are at the start.
    const at = random.below(
      random.one([Math.min(bytes.length, 128), Math.min(bytes.length, 1024), bytes.length]),
    );
    const way = random.below(10);
    if (way === 0) bytes = bytes.subarray(0, at);
    else if (way < 4) bytes.fill(random.one(BYTES), at, Math.min(at + 1 + random.below(8), bytes.length));
    else bytes[at] = way < 7 ? random.one(BYTES) : random.below(256);
  }
  return bytes;
}

/** A text that somebody changed in some places. */
export function mutatedText(random: Random, original: string): string {
  let text = original;
  for (let count = 1 + random.below(6); count > 0; count -= 1) {
    const from = random.below(text.length + 1);
    const to = from + random.below(random.one([1, 4, 40]));
    const put = random.one([random.one(TEXTS), "", text.slice(to, to + random.below(80))]);
    text = text.slice(0, from) + put + text.slice(to);
  }
  return text;
}
