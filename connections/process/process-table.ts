import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** One process as the system shows it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly name: string;
  /** Tells a process from a later one of the same id. */
  readonly startedAt: string;
}

/** Looks a process up; null when it is gone, or has ended and only waits to be collected. */
export type ReadProcess = (pid: number) => ProcessEntry | null;

/** Reads the process table of this machine. */
export const readProcess: ReadProcess = process.platform === "linux" ? fromProc : fromPs;

function fromProc(pid: number): ProcessEntry | null {
  try {
    return parseStat(pid, readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return null;
  }
}

/** One `/proc/<pid>/stat` (proc(5)); the name stands in parentheses and may hold anything. */
export function parseStat(pid: number, text: string): ProcessEntry | null {
  const open = text.indexOf("(");
  const close = text.lastIndexOf(")");
  const [state, parent, ...rest] = text.slice(close + 2).split(" ");
  const startedAt = rest[STARTED_AT];
  if (open < 0 || close < open || parent === undefined || startedAt === undefined) return null;
  if (state === "Z" || state === "X") return null;
  return { pid, parent: Number(parent), name: text.slice(open + 1, close), startedAt };
}

/** Field 22 of the file, counted from the field after the parent. */
const STARTED_AT = 22 - 5;

function fromPs(pid: number): ProcessEntry | null {
  const argv = ["-o", "state=,ppid=,lstart=,comm=", "-p", String(pid)];
  const { status, stdout } = spawnSync("ps", argv, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
  });
  return status === 0 ? parsePs(pid, stdout) : null;
}

/** One line of `ps -o state=,ppid=,lstart=,comm=`; the start time is five words. */
export function parsePs(pid: number, text: string): ProcessEntry | null {
  const [state = "Z", parent, ...rest] = text.trim().split(/\s+/);
  if (parent === undefined || state.startsWith("Z")) return null;
  const path = rest.slice(5).join(" ");
  return {
    pid,
    parent: Number(parent),
    name: path.split("/").pop() ?? path,
    startedAt: rest.slice(0, 5).join(" "),
  };
}
