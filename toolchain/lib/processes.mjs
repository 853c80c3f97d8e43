// The processes of this machine, as far as they can be seen from here.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * A process that lives. One that has ended and only waits to be collected (a zombie) is none.
 * @typedef {object} SeenProcess
 * @property {number} pid its number here
 * @property {number} parent
 * @property {number[]} numbers its numbers here and in the pid namespaces inside ours
 * @property {string} name
 * @property {number} startedAt milliseconds since 1970, by the clock as it is now
 */

/** Clock ticks per second in /proc; Linux has had no other value for programs. */
const TICKS = 100;
/** The inode of the first pid namespace of a machine. */
const FIRST_NAMESPACE = "pid:[4026531836]";

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** @returns {boolean} whether the process table of this machine can be read as files */
export const hasProcessTable = () => read("/proc/self/stat") !== "";

/** Milliseconds since 1970 at which this machine was started, by the clock as it is now. */
const bootTime = () => Number(/^btime (\d+)$/m.exec(read("/proc/stat"))?.[1] ?? 0) * 1000;

/**
 * @param {number} pid
 * @param {number} [booted]
 * @returns {SeenProcess | undefined} undefined: it is not there, has ended, or must not be seen by us
 */
export function processOf(pid, booted = bootTime()) {
  const stat = read(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold anything.
  const close = stat.lastIndexOf(")");
  if (close < 0) return undefined;
  const [state = "", parent, ...rest] = stat.slice(close + 2).split(" ");
  if (state === "Z" || state === "X") return undefined;
  const numbers = /^NSpid:\s+(.*)$/m
    .exec(read(`/proc/${pid}/status`))?.[1]
    ?.split(/\s+/)
    .map(Number);
  return {
    pid,
    parent: Number(parent),
    numbers: numbers ?? [pid],
    name: stat.slice(stat.indexOf("(") + 1, close),
    startedAt: booted + (Number(rest[17]) * 1000) / TICKS,
  };
}

/** @returns {SeenProcess[]} */
export function allProcesses() {
  const booted = bootTime();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name), booted) ?? []);
}

/**
 * Whether there is a process of this number that we are not allowed to see (another user's, /proc with `hidepid`).
 * @param {number} pid
 */
export function isHidden(pid) {
  if (read(`/proc/${pid}/stat`) !== "") return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH";
  }
}

/**
 * Our pid namespace, unless it is the machine's first one: from inside another one the processes outside, which may
 * have the same host name, cannot be seen.
 *
 * @returns {{ beganAt: number, lastPid: number } | undefined} `beganAt`: milliseconds since 1970; `lastPid`: the highest
 *   number given so far, as far as it is known
 */
export function innerNamespace() {
  let name = "";
  try {
    name = readlinkSync("/proc/self/ns/pid");
  } catch {
    // No such thing here.
  }
  if (name === "" || name === FIRST_NAMESPACE) return undefined;
  const lastPid = Number(read("/proc/sys/kernel/ns_last_pid")) || process.pid;
  return { beganAt: processOf(1)?.startedAt ?? Date.now(), lastPid };
}
