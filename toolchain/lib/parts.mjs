// Parts in the cache folder: each is a folder named by its key, complete or not there at all.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "./places.mjs";

/**
 * The folder of a part, made first when it is not in the cache. It is filled under another name and moved into place
 * when it is complete, so that a broken-off set-up leaves nothing half done and two set-ups at once do not meet.
 *
 * @param {string} key name of the folder: the part, its version and a digest of what it is made from
 * @param {(folder: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
export async function part(key, fill) {
  const folder = join(cache, key);
  if (existsSync(folder)) return folder;
  const unfinished = join(cache, `.${key}.${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    mkdirSync(dirname(folder), { recursive: true });
    moveInto(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/**
 * @param {string} from
 * @param {string} to
 */
function moveInto(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    // Another set-up was faster: its part has the same key, so it is the same.
    if (!existsSync(to)) throw error;
  }
}

/**
 * @param {string} key
 * @returns {boolean} whether the part is in the cache
 */
export function hasPart(key) {
  return existsSync(join(cache, key));
}

/**
 * Removes the oldest of the parts that are made often.
 *
 * @param {string} prefix of their keys
 * @param {number} count how many stay
 */
export function keepNewest(prefix, count) {
  const age = (/** @type {string} */ path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const parts = readdirSync(cache)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(cache, name))
    .sort((a, b) => age(b) - age(a));
  for (const folder of parts.slice(count)) rmSync(folder, { recursive: true, force: true });
}
