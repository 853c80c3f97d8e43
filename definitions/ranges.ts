/** The ranges of all numbers that farm files and phase files take. Both ends are allowed. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

export const RANGES = {
  /** Times in seconds, fractions allowed. A timer of Node ends at once beyond 24 days. */
  seconds: { least: 0.001, most: 604_800 },
  /** Seconds between two requests to shut down; with all tries, it still fits into a timer. */
  shutdownDelay: { least: 0.001, most: 3600 },
  shutdownTries: { least: 1, most: 500 },
  retries: { least: 0, most: 100 },
  /** Seconds, whole. */
  wait: { least: 1, most: 604_800 },
  /** Guests that one entry makes. */
  count: { least: 1, most: 1000 },
  vcpus: { least: 1, most: 4096 },
  memoryMiB: { least: 16, most: 64 * 1024 ** 2 },
  hostMemoryMiB: { least: 1, most: 1024 ** 3 },
  /** 1 MiB to 64 TiB. */
  diskGiB: { least: 1 / 1024, most: 64 * 1024 },
  /** Of one guest, beside its root disk. */
  disks: { least: 0, most: 64 },
  nics: { least: 0, most: 32 },
  /** Init snapshots of one project and guest. */
  keep: { least: 1, most: 1000 },
  maxGuests: { least: 0, most: 100_000 },
  cpus: { least: 1, most: 1_000_000 },
  partition: { least: 1, most: 128 },
  logMiB: { least: 1, most: 1024 ** 2 },
  fetchMiB: { least: 1, most: 16 * 1024 ** 2 },
  fetchFiles: { least: 1, most: 100_000_000 },
} as const satisfies Readonly<Record<string, Range>>;

export const WHOLE_RANGE = ({ least, most }: Range): string => `a whole number from ${least} to ${most}`;
export const SECONDS_RANGE = ({ least, most }: Range): string => `seconds, from ${least} to ${most}`;
