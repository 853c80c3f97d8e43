/** How much of each output stream a result keeps, in bytes. */
export const KEPT_OUTPUT_BYTES = 1024 * 1024;

/** So many chunks are joined at the latest: small ones cost more than what is in them. */
const MOST_CHUNKS = 4096;

/** Keeps the last bytes of a stream of any length, in bounded memory. */
export class TailBuffer {
  private chunks: Buffer[] = [];
  private size = 0;

  constructor(private readonly limit: number = KEPT_OUTPUT_BYTES) {}

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    // Joined only now and then: each byte is copied a bounded number of times.
    if (this.size > 2 * this.limit || this.chunks.length > MOST_CHUNKS) this.compact();
  }

  private compact(): void {
    const all = Buffer.concat(this.chunks);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.limit)));
    this.chunks = [kept];
    this.size = kept.length;
  }

  bytes(): Buffer {
    this.compact();
    return this.chunks[0] ?? Buffer.alloc(0);
  }

  /** Kept bytes as UTF-8; broken characters (binary output, a cut first one) are replaced. */
  toString(): string {
    return this.bytes().toString("utf8");
  }
}
