import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stackFolder, stacksFolder } from "../../hypervisor/controller-files";
import { RunResult } from "../../phases/lifecycle/result";
import { isRunId, RESULT_FILE } from "../lifecycle/run-folder";

/** What is kept of the runs of one guest. */
export interface KeptGuest {
  /** Folder of the guest, absolute. */
  readonly path: string;
  /** The guest's name; of a guest whose result cannot be read, the name of its folder. */
  readonly name: string;
  /** The last result; null when there is none or it cannot be read. */
  readonly result: RunResult | null;
  /** Ids of the runs whose folders are still there, oldest first. */
  readonly runs: readonly string[];
}

/** Names of the stacks with runs below the program's folder, as their folders have them. */
export function keptStacks(folder: string): string[] {
  const root = stacksFolder(folder);
  return foldersIn(root).filter((stack) => keptGuestsIn(join(root, stack)).length > 0);
}

/** The guests of a stack that have run, by name. */
export function keptGuests(folder: string, stack: string): KeptGuest[] {
  return keptGuestsIn(stackFolder(folder, stack));
}

/** The result of one run; null when it left none. */
export function resultOfRun(guest: KeptGuest, run: string): RunResult | null {
  return readResult(join(guest.path, run, RESULT_FILE));
}

function keptGuestsIn(path: string): KeptGuest[] {
  return foldersIn(path).flatMap((name) => {
    const guest = join(path, name);
    const runs = foldersIn(guest).filter(isRunId);
    if (runs.length === 0 && !existsSync(join(guest, RESULT_FILE))) return [];
    const result = readResult(join(guest, RESULT_FILE));
    return [{ path: guest, name: result?.guest ?? name, result, runs }];
  });
}

function readResult(path: string): RunResult | null {
  try {
    return RunResult.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

function foldersIn(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
