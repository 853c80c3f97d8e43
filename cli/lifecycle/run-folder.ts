import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { guestFolder } from "../../hypervisor/controller-files";
import { removeTree } from "./remove-tree";
import { removeUnfinished } from "./write-file";

/** How many folders of old runs are kept for one guest. */
export const KEPT_RUNS = 20;

/**
 * Where one run leaves its files, below the program's folder:
 *
 *     .guest-farm/<stack>/<guest>/result.json       of the last run
 *                                /<runId>/result.json, junit.xml, report.html
 *                                        /run.log         what happened, line by line
 *                                        /main.log, ...   output of each phase file
 *                                        /supervisor.log  what the supervisor itself had to say
 *                                        /artifacts/      what `fetch` steps brought
 */
export interface RunFolder {
  readonly runId: string;
  /** Folder of the guest, absolute. */
  readonly guest: string;
  /** Folder of this run, absolute. */
  readonly path: string;
}

/** Name of a result, in the folder of its run and, for the last run, in the folder of the guest. */
export const RESULT_FILE = "result.json";
/** Name of the file in a run's folder that the supervisor itself writes to. */
export const SUPERVISOR_LOG = "supervisor.log";

/** Names runs so that they sort by time. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:.]/g, "");
  return `${stamp}-${randomBytes(3).toString("hex")}`;
}

/**
 * Makes the folder of a new run, and removes the oldest ones beyond `KEPT_RUNS` and what killed writers have left.
 *
 * @param warn told what could not be removed: that keeps no run from beginning
 */
export function makeRunFolder(
  base: string,
  stack: string,
  guest: string,
  runId: string,
  warn: (text: string) => void = () => undefined,
): RunFolder {
  const folder = runFolder(base, stack, guest, runId);
  mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  pruneRuns(folder.guest, warn);
  attempt(`${folder.guest} could not be tidied`, warn, () => removeUnfinished(folder.guest));
  return folder;
}

/** Removes the folder of a run that never began; the guest's as well if there is nothing else in it. */
export function unmakeRunFolder(folder: RunFolder): void {
  removeTree(folder.path);
  if (readdirSync(folder.guest).length === 0) rmdirSync(folder.guest);
}

/** The folder of a run, made or not. */
export function runFolder(base: string, stack: string, guest: string, runId: string): RunFolder {
  const ofGuest = guestFolder(base, stack, guest);
  return { runId, guest: ofGuest, path: join(ofGuest, runId) };
}

function pruneRuns(folder: string, warn: (text: string) => void): void {
  const runs = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRunId(entry.name))
    .map((entry) => entry.name)
    .sort();
  for (const old of runs.slice(0, -KEPT_RUNS)) {
    const path = join(folder, old);
    attempt(`the old run ${path} could not be removed`, warn, () => removeTree(path));
  }
}

function attempt(what: string, warn: (text: string) => void, work: () => void): void {
  try {
    work();
  } catch (error) {
    warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Whether a folder's name is that of a run. */
export function isRunId(name: string): boolean {
  return /^\d{8}T\d{9}Z-[0-9a-f]{6}$/.test(name);
}
