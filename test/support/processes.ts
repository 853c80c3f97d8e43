import { readdirSync, readFileSync } from "node:fs";

/** A process as everybody on the machine, or root, can see it. */
export interface SeenProcess {
  readonly pid: number;
  readonly argv: string;
  readonly environment: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** All processes that run now, but not this one. */
export function allProcesses(): SeenProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({
      pid: Number(name),
      argv: read(`/proc/${name}/cmdline`).replaceAll("\0", " "),
      environment: read(`/proc/${name}/environ`).replaceAll("\0", "\n"),
    }))
    .filter(({ argv }) => argv !== "");
}

/** Argument lists with a text in them, of processes that run now. */
export function processesWith(text: string): string[] {
  return allProcesses()
    .filter(({ argv }) => argv.includes(text))
    .map(({ argv }) => argv);
}

/**
 * Whether a process is one of Pulumi's own command plugin or language host, which live on without the engine and do
 * nothing then. Ours, which end with it, are scripts that Node runs.
 */
export function mayOutliveEngine({ argv }: SeenProcess): boolean {
  return /^\S*\bpulumi-(resource-command|language-nodejs)(\s|$)/.test(argv);
}
