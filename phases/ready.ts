import { join } from "node:path";

const MARK = "guest-farm:";

/** Name of a folder of phase files that comes with the SDK, where the name of a folder of a user would stand. */
export function readyPhases(name: "hypervisor"): string {
  return MARK + name;
}

/** Where the phase files of a project are, absolute or relative to the program's folder. */
export function phasesPath(phases: string): string {
  return phases.startsWith(MARK) ? join(__dirname, "ready", phases.slice(MARK.length)) : phases;
}
