// The state of a stack in a file backend: whether there is one, and whether it is whole. Nothing here changes a state.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { SetupError } from "./console.mjs";

/** @typedef {import("./backend-files.mjs").StackFiles} StackFiles */

const VARIANTS = ["", ".gz", ".zst"];

/** What a state file holds: how many resources and unfinished operations; `unknown`: a format that we cannot read.
 * @typedef {{ resources: number } | "unknown" | "damaged"} Content
 */

/** @param {string} file @returns {Content} */
function contentOf(file) {
  const bytes = readFileSync(file);
  if (bytes.length === 0) return "damaged";
  if (/\.zst(\.bak)?$/.test(file)) return "unknown";
  try {
    const text = /\.gz(\.bak)?$/.test(file) ? gunzipSync(bytes) : bytes;
    const { checkpoint } = JSON.parse(text.toString());
    if (checkpoint === undefined) return "damaged";
    const { resources, pending_operations: pending } = checkpoint?.latest ?? {};
    return { resources: (resources?.length ?? 0) + (pending?.length ?? 0) };
  } catch {
    return "damaged";
  }
}

/** @param {string} file */
function describe(file) {
  const content = contentOf(file);
  const when = statSync(file).mtime.toISOString();
  const what = typeof content === "string" ? content : `${content.resources} resources`;
  return `${file} (${what}, of ${when})`;
}

/**
 * Older states of a stack, the newest first: the one before the last, and one for each update.
 *
 * @param {StackFiles} files
 */
function olderStates(files) {
  const before = VARIANTS.map((variant) => `${files.checkpoint}${variant}.bak`).filter((file) =>
    existsSync(file),
  );
  const kept = existsSync(files.backups) ? readdirSync(files.backups) : [];
  const backups = kept
    .filter((name) => /\.json(\.gz|\.zst)?$/.test(name))
    .map((name) => join(files.backups, name));
  const time = (/** @type {string} */ file) => statSync(file).mtimeMs;
  return { before, backups: backups.sort((a, b) => time(b) - time(a)) };
}

/** @param {string} file a copy of it is not of use when it is damaged itself */
const isWhole = (file) => contentOf(file) !== "damaged";

/**
 * What to do about a state that is not there or damaged.
 *
 * @param {StackFiles} files
 * @param {string} stack
 */
function remedy(files, stack) {
  const { before, backups } = olderStates(files);
  const good = [...before, ...backups].filter(isWhole);
  const [first] = good;
  if (first === undefined) {
    return `No older state of it is there. Restore the file from a backup of your own, or, if no guest of it is left, remove it.`;
  }
  const target = join(
    dirname(files.checkpoint),
    `${stack}.json${/\.(gz|zst)(\.bak)?$/.exec(first)?.[1] ?? ""}`,
  ).replace(/json(gz|zst)$/, "json.$1");
  return [
    `Nothing was changed. Older states of it, the newest first: ${good.slice(0, 3).map(describe).join("; ")}.`,
    "To go on from the first one:",
    `  cp '${first}' '${target}'`,
    `  make refresh STACK=${stack}`,
  ].join("\n");
}

/**
 * Whether a file backend has a state of a stack.
 *
 * @param {StackFiles} files
 * @param {string} stack
 * @returns {boolean} false: there is none, and a new one destroys nothing
 * @throws {SetupError} when there is a damaged one, or only what is left of one
 */
export function hasState(files, stack) {
  const states = VARIANTS.map((variant) => files.checkpoint + variant).filter((file) => existsSync(file));
  const damaged = states.find((file) => !isWhole(file));
  if (damaged !== undefined) {
    const how = statSync(damaged).size === 0 ? "is empty" : "is not whole";
    throw new SetupError(`The state of stack ${stack} ${how}: ${damaged}`, remedy(files, stack));
  }
  if (states.length > 0) return true;
  // `pulumi stack rm` leaves the last state of a stack, which has no resources then.
  const { before, backups } = olderStates(files);
  const isEmpty = (/** @type {string} */ file) => {
    const content = contentOf(file);
    return typeof content !== "string" && content.resources === 0;
  };
  const halfMade = existsSync(`${files.checkpoint}.attrs`) && before.length === 0 && backups.length > 0;
  if (before.every(isEmpty) && !halfMade) return false;
  throw new SetupError(
    `There is no state of stack ${stack}, but what is left of one: ${files.checkpoint} is missing.`,
    `${remedy(files, stack)}\nIf the stack was removed on purpose, remove what is left: rm '${files.checkpoint}'.*`,
  );
}
