const MIB = 1024 * 1024;

/** How much of a phase's output its log holds, in MiB. */
export const DEFAULT_LOG_LIMIT = 64;

/** Bounds what a guest's output takes in the logs of a run, each for itself. */
export class OutputRoom {
  private readonly printed = new Map<string, number>();

  /** @param limit MiB per log */
  constructor(private readonly limit = DEFAULT_LOG_LIMIT) {}

  /** What of the output still goes into the log; the first that does not fit is followed by a line that says so. */
  take(log: string, output: Buffer): Buffer {
    const before = this.printed.get(log) ?? 0;
    this.printed.set(log, before + output.length);
    const room = this.limit * MIB - before;
    if (output.length <= room) return output;
    if (room < 0) return Buffer.alloc(0);
    const words = `\n--- the log ends here: more than ${this.limit} MiB were printed (setting logLimit)\n`;
    return Buffer.concat([output.subarray(0, room), Buffer.from(words)]);
  }

  /** What was cut, for the result. */
  cuts(): string[] {
    const over = [...this.printed].filter(([, bytes]) => bytes > this.limit * MIB);
    return over.map(
      ([log, bytes]) =>
        `${log} was cut after ${this.limit} MiB of ${Math.ceil(bytes / MIB)}; the setting logLimit (MiB) allows more`,
    );
  }
}
