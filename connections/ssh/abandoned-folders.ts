import { lstatSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readProcess } from "../process/process-table";
import { OWNER_FILE, OwnerOfFolder, pidNamespace, privateBase } from "./private-folder";

/** Folders of versions that named no owner go when they are so old. */
const OLD_MS = 7 * 24 * 3_600_000;

/**
 * Removes the private folders of this user whose owner and keeper were both killed, and ends the ssh programs that
 * still run for them: an agent with a key may be among those. Never throws.
 *
 * @returns the folders that are gone
 */
export function removeAbandonedFolders(base = privateBase(), now = Date.now()): readonly string[] {
  try {
    const folders = readdirSync(base)
      .filter((name) => /^gf-[A-Za-z0-9]{6}$/.test(name))
      .map((name) => join(base, name));
    return folders.filter((path) => isOurs(path) && isAbandoned(path, now) && removed(path));
  } catch {
    return [];
  }
}

function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

function isAbandoned(path: string, now: number): boolean {
  const owner = ownerOf(path);
  if (owner === null) return now - lstatSync(path).mtimeMs > OLD_MS && runningFor(path).length === 0;
  if (owner.namespace !== pidNamespace()) return false;
  const lives = readProcess(owner.pid)?.startedAt === owner.startedAt;
  // A keeper that is still there does all this by itself.
  return !lives && readProcess(owner.keeper)?.name !== "sh";
}

function ownerOf(path: string): OwnerOfFolder | null {
  try {
    return OwnerOfFolder.parse(JSON.parse(readFileSync(join(path, OWNER_FILE), "utf8")));
  } catch {
    return null;
  }
}

function removed(path: string): boolean {
  try {
    for (const pid of runningFor(path)) process.kill(pid);
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** The programs that a folder's files name, as long as they are the same: their arguments name the folder. */
function runningFor(path: string): readonly number[] {
  return readdirSync(path)
    .filter((name) => name.endsWith(".pid"))
    .map((name) => Number(readFileSync(join(path, name), "utf8")))
    .filter((pid) => pid > 1 && argumentsOf(pid).includes(path));
}

function argumentsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
