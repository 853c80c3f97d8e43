import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { readProcess } from "../../connections/process/process-table";

/** Nothing here takes longer to write. */
const OLD_MS = 3_600_000;

/**
 * Writes a file so that readers see the old or the new one, never a part: on a full disk the old one stays.
 *
 * @throws the system's error, or one that says that only a part could be written.
 */
export function writeWhole(path: string, text: string): void {
  const unfinished = `${path}.${process.pid}.new`;
  try {
    const content = Buffer.from(text);
    const file = openSync(unfinished, "w", 0o600);
    try {
      for (let at = 0; at < content.length;) at += writeSync(file, content, at);
      fsyncSync(file);
      if (fstatSync(file).size !== content.length) throw new Error("only a part of it could be written");
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** A rename is on the disk when its folder is. Not every file system can do this. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // The file itself is on the disk.
  }
}

/** Removes what writers that were killed have left in a folder. */
export function removeUnfinished(folder: string, now = Date.now()): void {
  for (const name of readdirSync(folder)) {
    const writer = /\.(\d+)\.new$/.exec(basename(name))?.[1];
    if (writer === undefined) continue;
    const path = join(folder, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (readProcess(Number(writer)) === null || now - changed > OLD_MS) rmSync(path, { force: true });
  }
}
