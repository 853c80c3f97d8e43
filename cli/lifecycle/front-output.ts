/** Standard output is kept by Pulumi as an output of the resource: it stays small, however long the run. */
export const OUTPUT_LIMIT = 64 * 1024;
/** Kept free for the last line. */
const RESERVE = 1024;
/** The error text goes to Pulumi's diagnostics. */
const ERROR_LIMIT = 8 * 1024;

/** Relays whole lines up to a limit, then says where the rest is. */
export class LimitedOutput {
  private written = 0;
  private full = false;

  constructor(
    private readonly write: (text: string) => void,
    private readonly fullText: string,
  ) {}

  line(text: string): void {
    if (this.full) return;
    const bytes = Buffer.byteLength(text) + 1;
    if (this.written + bytes > OUTPUT_LIMIT - RESERVE) {
      this.full = true;
      this.put(this.fullText);
      return;
    }
    this.put(text);
  }

  /** The last line; there is always room for it. */
  last(text: string): void {
    this.put(text.slice(0, RESERVE / 4));
  }

  private put(text: string): void {
    this.written += Buffer.byteLength(text) + 1;
    this.write(`${text}\n`);
  }
}

/** An error as the front prints it: its beginning, if it is very long. */
export function limitedError(text: string): string {
  return text.length <= ERROR_LIMIT
    ? text
    : `${text.slice(0, ERROR_LIMIT)}\n(cut; the whole text is in result.json)`;
}
