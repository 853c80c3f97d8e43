import { Random } from "./random";
import { TARGETS } from "./targets";

/** Longer than any of them should take, on a machine that has much else to do. Milliseconds. */
const SLOW_MS = 20_000;

/** Tries one seed of a target. @throws Error that names both, with what was wrong */
export async function runTarget(name: string, seed: number): Promise<void> {
  const target = TARGETS[name];
  if (target === undefined) throw new Error(`no target "${name}": ${Object.keys(TARGETS).join(", ")}`);
  const start = process.cpuUsage();
  try {
    await target(new Random(seed));
  } catch (error) {
    throw new Error(
      `${name}, seed ${seed}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`,
      {
        cause: error,
      },
    );
  }
  const { user } = process.cpuUsage(start);
  if (user / 1000 > SLOW_MS) throw new Error(`${name}, seed ${seed}: took ${user / 1000} ms`);
}
