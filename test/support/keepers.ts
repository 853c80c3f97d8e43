import { setTimeout as delay } from "node:timers/promises";
import { allProcesses } from "./processes";

/** Process id of the keeper that holds a lock, once it is in a session of its own. */
export async function keeperOf(lock: string): Promise<number> {
  for (;;) {
    const [found, ...more] = allProcesses().filter(
      ({ argv }) => argv.startsWith("bash ") && argv.includes(`guest-farm-keeper ${lock} `),
    );
    if (found !== undefined && more.length === 0) return found.pid;
    await delay(20);
  }
}
