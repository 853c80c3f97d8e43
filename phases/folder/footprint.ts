import { lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BigIntStats } from "node:fs";

/** How the files at a path are, as far as the file system tells without anybody reading them. */
export interface Footprint {
  /** Equal for two moments between which nothing was written, added, removed, renamed or given another mode. */
  readonly text: string;
  /** The latest change that it knows of, milliseconds since 1970. */
  readonly newest: number;
}

/**
 * Footprint of a file, or of a folder with all that is in it.
 *
 * @param leftOut names of files and folders, wherever they are, that do not count
 * @throws what the file system says; nothing that vanishes meanwhile is an error, because its folder changes.
 */
export async function footprintOf(path: string, leftOut: ReadonlySet<string>): Promise<Footprint> {
  const top = await stat(path, { bigint: true });
  const found: Found[] = [described("", top)];
  if (top.isDirectory()) await collect(path, "", leftOut, found);
  found.sort((a, b) => (a.line < b.line ? -1 : 1));
  return {
    text: found.map(({ line }) => line).join("\n"),
    newest: found.reduce((latest, { changed }) => Math.max(latest, changed), 0),
  };
}

/**
 * Coarsest step in which Linux counts the times of files, with room to spare: within it, two writes may look like one.
 * Milliseconds.
 */
const TICK_MS = 50;

/** Whether a write right after the footprint was taken could have left it as it is. @param takenAt milliseconds */
export function mayHideAChange({ newest }: Footprint, takenAt: number): boolean {
  return newest > takenAt - TICK_MS;
}

interface Found {
  readonly line: string;
  readonly changed: number;
}

async function collect(
  folder: string,
  below: string,
  leftOut: ReadonlySet<string>,
  found: Found[],
): Promise<void> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !leftOut.has(name));
  const states = await Promise.all(
    entries.map(({ name }) => lstat(join(folder, name), { bigint: true }).catch(() => undefined)),
  );
  for (const [index, { name }] of entries.entries()) {
    const state = states[index];
    const path = `${below}/${name}`;
    found.push(
      state === undefined ? { line: `${JSON.stringify(path)} gone`, changed: 0 } : described(path, state),
    );
    if (state?.isDirectory() === true) await collect(join(folder, name), path, leftOut, found);
  }
}

function described(path: string, { mode, size, ino, mtimeNs, ctimeNs, ...state }: BigIntStats): Found {
  // A folder's times change with entries that do not count; those that do have lines of their own.
  const isFolder = (mode & FILE_TYPE) === FOLDER;
  const rest = isFolder ? [] : [size, ino, mtimeNs, ctimeNs];
  return {
    line: [JSON.stringify(path), mode, state.dev, ...rest].join(" "),
    changed: isFolder ? 0 : Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n),
  };
}

/** Of `st_mode`: the bits that tell what a file is, and their value for a folder. */
const FILE_TYPE = 0o170000n;
const FOLDER = 0o040000n;
