// Locks of Pulumi's file backend: one file per holder in a folder per project and stack. A lock goes only when its holder
// is known to be gone, and nothing else goes with it.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { allProcesses, hasProcessTable, innerNamespace, isHidden } from "./processes.mjs";

/**
 * @typedef {import("./processes.mjs").SeenProcess} SeenProcess
 * @typedef {{ pid: number, hostname: string, timestamp: string }} Lock
 * @typedef {{ file: string, writtenAt: number, lock: Lock | undefined }} LockFile `writtenAt` is the file's own time, in
 *   milliseconds since 1970; no `lock`: it cannot be read
 *
 * What can be seen from here of whoever may hold a lock.
 * @typedef {object} Surroundings
 * @property {string} host
 * @property {SeenProcess[] | undefined} processes undefined: this system has no process table that we can read
 * @property {{ beganAt: number, lastPid: number } | undefined} inner our pid namespace, when it is not the machine's first
 * @property {(pid: number) => boolean} isHidden
 *
 * @typedef {{ left: true } | { left: false, because: string }} Verdict
 */

const ENGINE = "pulumi";
/** /proc has times in hundredths, the boot time in whole seconds. */
const CLOCK_SLACK_MS = 2_000;
/** A lock is written beside its place and moved there whole, within milliseconds; a reader may look in between. */
const UNFINISHED_MS = 5_000;

/** @returns {Surroundings} */
function surroundings() {
  return {
    host: hostname(),
    processes: hasProcessTable() ? allProcesses() : undefined,
    inner: innerNamespace(),
    isHidden,
  };
}

/** @param {string} text @returns {Lock | undefined} */
export function parseLock(text) {
  try {
    const { pid, hostname: host, timestamp } = JSON.parse(text);
    const isWhole = Number.isInteger(pid) && typeof host === "string" && !Number.isNaN(Date.parse(timestamp));
    return isWhole ? { pid, hostname: host, timestamp } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the holder of a lock is gone for certain.
 *
 * @param {Pick<LockFile, "lock" | "writtenAt">} file
 * @param {Surroundings} seen
 * @returns {Verdict}
 */
export function judge({ lock, writtenAt }, seen) {
  const pulumis = seen.processes?.filter(({ name }) => name === ENGINE);
  if (lock === undefined) {
    // The lock of a living process is whole: this one lost its content when its machine went down, or is half written.
    const suspect = pulumis?.find(({ startedAt }) => startedAt <= writtenAt + CLOCK_SLACK_MS);
    if (suspect === undefined && pulumis !== undefined) return { left: true };
    return keep(`it cannot be read${suspect ? `, and pulumi (process ${suspect.pid}) runs here` : ""}`);
  }
  const { pid, hostname: host, timestamp } = lock;
  if (host !== seen.host) return keep(`process ${pid} was started on another machine, ${host}`);
  if (pulumis === undefined) return isGone(pid) ? { left: true } : keep(`process ${pid} seems to live`);
  const taken = Date.parse(timestamp);
  // A later process of the same number is somebody else.
  const holder = pulumis.find(
    ({ numbers, startedAt }) => numbers.includes(pid) && startedAt <= taken + CLOCK_SLACK_MS,
  );
  if (holder !== undefined) return keep(`process ${holder.pid} holds it and lives`);
  if (seen.isHidden(pid)) return keep(`process ${pid} lives and belongs to another user`);
  if (seen.inner !== undefined && (taken < seen.inner.beganAt || pid > seen.inner.lastPid)) {
    return keep(`process ${pid} was not one of this container`);
  }
  return { left: true };
}

/** @param {string} because @returns {Verdict} */
const keep = (because) => ({ left: false, because });

/** @param {number} pid */
function isGone(pid) {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}

/** @param {string} folder @returns {LockFile[]} */
function lockFiles(folder) {
  if (!existsSync(folder)) return [];
  // Pulumi takes every file for a lock but those that keep attributes.
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return names.flatMap(({ name }) => (name.endsWith(".attrs") ? [] : (lockFile(join(folder, name)) ?? [])));
}

/** @param {string} file @returns {LockFile | undefined} undefined: it has gone meanwhile */
function lockFile(file) {
  try {
    return {
      file,
      writtenAt: statSync(file).mtimeMs,
      lock: file.endsWith(".json") ? parseLock(readFileSync(file, "utf8")) : undefined,
    };
  } catch {
    return undefined;
  }
}

/**
 * Removes those locks of a stack whose holders are gone.
 *
 * @param {string} folder of the stack's locks
 * @param {(line: string) => void} say what was done, and why a lock stays
 * @returns {Promise<boolean>} whether no lock is left
 */
export async function clearLocks(folder, say) {
  const unfinished = lockFiles(folder).filter(({ lock }) => lock === undefined);
  const youngest = Math.max(0, ...unfinished.map(({ writtenAt }) => writtenAt));
  const wait = Math.min(youngest + UNFINISHED_MS - Date.now(), UNFINISHED_MS);
  if (wait > 0) await delay(wait);
  const files = lockFiles(folder);
  const seen = surroundings();
  let kept = 0;
  for (const { file, writtenAt, lock } of files) {
    const verdict = judge({ lock, writtenAt }, seen);
    if (verdict.left) {
      rmSync(file, { force: true });
      rmSync(`${file}.attrs`, { force: true });
      const whose = lock ? `The run of process ${lock.pid} (${lock.timestamp})` : "A run";
      const state = lock ? "" : " that cannot be read";
      say(`${whose} was killed and left a lock${state}; it is removed: ${file}`);
    } else {
      kept += 1;
      say(`The stack is locked, and the lock stays: ${verdict.because}. ${file}`);
    }
  }
  return kept === 0;
}
