import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileSlug } from "../../hypervisor/guest-files";

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

/** Names runs so that they sort by time. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:.]/g, "");
  return `${stamp}-${randomBytes(3).toString("hex")}`;
}

/** Makes the folder of a new run and removes the oldest ones beyond `KEPT_RUNS`. */
export function makeRunFolder(base: string, stack: string, guest: string, runId: string): RunFolder {
  const folder = runFolder(base, stack, guest, runId);
  mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  pruneRuns(folder.guest);
  return folder;
}

/** The folder of a run, made or not. */
export function runFolder(base: string, stack: string, guest: string, runId: string): RunFolder {
  const ofGuest = join(base, ".guest-farm", fileSlug(stack), fileSlug(guest));
  return { runId, guest: ofGuest, path: join(ofGuest, runId) };
}

function pruneRuns(folder: string): void {
  const runs = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRunId(entry.name))
    .map((entry) => entry.name)
    .sort();
  for (const old of runs.slice(0, -KEPT_RUNS)) rmSync(join(folder, old), { recursive: true, force: true });
}

/** Whether a folder's name is that of a run. */
export function isRunId(name: string): boolean {
  return /^\d{8}T\d{9}Z-[0-9a-f]{6}$/.test(name);
}
