// Locks of Pulumi's file backend: `.pulumi/locks/<organization>/<project>/<stack>/<id>.json`.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {{ pid: number, hostname: string, timestamp: string }} Lock */

/** @param {string} folder @returns {string[]} all lock files below it */
function lockFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return lockFiles(path);
    return entry.name.endsWith(".json") ? [path] : [];
  });
}

/**
 * The locks of a stack.
 *
 * @param {string} backend URL of the backend; only file backends have locks of this kind
 * @param {string} stack
 * @returns {Lock[]}
 */
export function stackLocks(backend, stack) {
  if (!backend.startsWith("file:///")) return [];
  return lockFiles(join(fileURLToPath(backend), ".pulumi", "locks"))
    .filter((file) => basename(dirname(file)) === stack)
    .map((file) => JSON.parse(readFileSync(file, "utf8")));
}

/**
 * Whether the process that holds a lock was one of this machine and is gone.
 *
 * @param {Lock} lock
 * @param {string} thisHost
 * @returns {boolean}
 */
export function isLeftOver(lock, thisHost) {
  return lock.hostname === thisHost && !isPulumi(lock.pid);
}

/** @param {number} pid a number may have been given to another program since */
function isPulumi(pid) {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "pulumi";
  } catch {
    return false;
  }
}
