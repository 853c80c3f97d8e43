// Processes of dynamic providers whose engine was killed: they finish what they do before they end.

import { readFileSync, readlinkSync, realpathSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { allProcesses, hasProcessTable, processOf } from "./processes.mjs";

const LOOK_EVERY_MS = 200;
/** Saying nothing before this: most end at once. */
const SILENT_MS = 2_000;
/** An official one that was never called does not end: it needs no processor time and has no children. */
const QUIET_MS = 5_000;
const LONGEST_MS = 600_000;

/** @param {number} pid */
function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** @param {number} pid */
function folderOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return "";
  }
}

/** @param {string[]} folders */
function orphansIn(folders) {
  return allProcesses().filter(
    ({ pid, parent }) =>
      /pulumi-resource-pulumi-nodejs|cmd\/dynamic-provider/.test(commandLine(pid)) &&
      folders.includes(folderOf(pid)) &&
      // An official one is started by a shell script.
      ![parent, processOf(parent)?.parent ?? 0].some((above) => processOf(above)?.name === "pulumi"),
  );
}

/**
 * What changes while a process does something: its children, and the processor time that it and they have used.
 * @param {import("./processes.mjs").SeenProcess} of
 */
function activityOf({ pid }) {
  const children = allProcesses().filter(({ parent }) => parent === pid);
  const times = [pid, ...children.map((child) => child.pid)].map(processorTime);
  return children.length > 0 ? `${times.join(" ")} ${performance.now()}` : times.join(" ");
}

/** @param {number} pid */
function processorTime(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .join("+");
  } catch {
    return "";
  }
}

/**
 * Waits until the providers of killed runs of this project have ended, so that what they still do is done before the
 * state is compared with what is there.
 *
 * @param {string[]} folders in which the project's programs run
 * @param {(line: string) => void} say
 * @param {() => void} goOn throws when the wait has to end
 */
export async function orphanedProviders(folders, say, goOn) {
  if (!hasProcessTable()) return;
  const real = folders.map((folder) => realpathSync(folder));
  const began = performance.now();
  let told = false;
  let activity = "";
  let changedAt = began;
  for (;;) {
    goOn();
    const left = orphansIn(real);
    const now = performance.now();
    const waited = now - began;
    if (left.length === 0) return;
    const who = `process ${left.map(({ pid }) => pid).join(", ")}`;
    const seen = left.map(activityOf).join("; ");
    if (seen !== activity) [activity, changedAt] = [seen, now];
    if (now - changedAt > QUIET_MS) {
      say(`A provider of a killed run does nothing and does not end (${who}); it can be killed.`);
      return;
    }
    if (waited > LONGEST_MS) {
      say(`It has not ended in ${LONGEST_MS / 1000} s (${who}); going on without it.`);
      return;
    }
    if (!told && waited > SILENT_MS) {
      say(`A killed run still finishes what it had begun (${who}); waiting for it.`);
      told = true;
    }
    await delay(LOOK_EVERY_MS);
  }
}
