// What a killed pulumi leaves in a file backend besides its lock. Only to be used while nobody holds the stack's lock.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** @typedef {import("./backend-files.mjs").StackFiles} StackFiles */

/** Pulumi writes a file under such a name, beside its place, and moves it there. */
const UNFINISHED = /\.[0-9a-f]{12,}\.tmp$/;
/** Writing takes milliseconds. */
const OLD_MS = 60_000;

/** @param {string} file */
function isJson(file) {
  try {
    return typeof JSON.parse(readFileSync(file, "utf8")) === "object";
  } catch {
    return false;
  }
}

/**
 * Beside each file of the backend is one with its attributes, which is rewritten in place: a pulumi that is killed
 * meanwhile leaves it empty, and then no command can read the state. Pulumi does without such a file and writes it again.
 *
 * @param {StackFiles} files
 * @param {(line: string) => void} say
 */
export function mendAttributes(files, say) {
  for (const file of [
    files.checkpoint,
    `${files.checkpoint}.gz`,
    `${files.checkpoint}.zst`,
    files.tags,
    files.meta,
  ]) {
    const attributes = `${file}.attrs`;
    if (!existsSync(file) || !existsSync(attributes) || isJson(attributes)) continue;
    rmSync(attributes, { force: true });
    say(
      `A run was killed while it saved the state. The state is whole; removed, to be written anew: ${attributes}`,
    );
  }
}

/**
 * Removes files of the stack that were never finished.
 *
 * @param {StackFiles} files
 */
export function removeUnfinished(files) {
  const name = basename(files.checkpoint, ".json");
  const ofStack = (/** @type {string} */ entry) =>
    entry.startsWith(`${name}.json.`) || entry.startsWith(`${name}.pulumi-tags.`);
  const all = () => true;
  /** @type {[string, (entry: string) => boolean][]} */
  const folders = [
    [dirname(files.checkpoint), ofStack],
    [files.backups, all],
    [files.history, all],
    [files.locks, all],
  ];
  for (const [folder, isOurs] of folders) {
    for (const entry of existsSync(folder) ? readdirSync(folder) : []) {
      const path = join(folder, entry);
      const isAlone = entry.endsWith(".attrs") && !existsSync(path.slice(0, -".attrs".length));
      if (!isOurs(entry) || !(UNFINISHED.test(entry) || isAlone)) continue;
      if (Date.now() - statSync(path).mtimeMs > OLD_MS) rmSync(path, { force: true });
    }
  }
}
