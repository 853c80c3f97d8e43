import type { FarmFile } from "./farm-under-test";
import { tinyFarm } from "./tiny-farm";

type Keys = Readonly<Record<string, unknown>>;

/**
 * A farm with one tiny guest that runs only when something has changed, as most farms do. Machines that run tests are
 * busy: its waits are long.
 */
export function demoFarm(project: Keys = {}, guest: Keys = {}): FarmFile {
  return tinyFarm({
    project: { id: "demo", runMain: "onChange", ...project },
    guest: { readiness: { timeout: 300 }, ...guest },
  });
}
