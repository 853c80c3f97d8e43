import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../phases/lifecycle/ports";

/** Longest time that a timer of Node takes: about 25 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** The clock of this machine. Its waits do not keep the process alive by themselves. */
export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(Math.min(ms, LONGEST_MS), undefined, signal === undefined ? {} : { signal });
  },
};
