// Runs `pulumi` so that signals reach it once, and so that it does not stay behind alone.

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { say, SetupError } from "./console.mjs";
import { processOf } from "./processes.mjs";

/** A question is asked again after these times: while another run saves the state it may not be readable. */
const PAUSES_MS = [500, 1_000, 2_000];
const LONGEST_ANSWER_MS = 60_000;
const SHOWN_LINES = 10;
/** `make` hands on a SIGTERM that its children may have got as well. */
const SAME_SIGNAL_MS = 500;
const LOOK_EVERY_MS = 500;

/** Ends our work because a signal came. */
export class Stopped extends Error {
  /** @param {NodeJS.Signals} signal */
  constructor(signal) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** @type {import("node:child_process").ChildProcess | undefined} */
let running;
/** @type {NodeJS.Signals | undefined} */
let stopped;
let sharesTerminal = false;
let lastAt = -SAME_SIGNAL_MS;

/** @param {NodeJS.Signals} signal */
function onSignal(signal) {
  const isRepeated = signal !== "SIGINT" && performance.now() - lastAt < SAME_SIGNAL_MS;
  lastAt = performance.now();
  stopped ??= signal;
  if (isRepeated) return;
  // Ctrl-C goes to everything in the foreground of a terminal: pulumi has it already.
  if (signal === "SIGINT" && sharesTerminal) return;
  running?.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
}

/** Has signals, and the end of `make`, reach what we run. */
export function handOnSignals() {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) process.on(signal, onSignal);
  const parent = process.ppid;
  // Other parents may well leave us running on purpose.
  if (processOf(parent)?.name !== "make") return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    onSignal("SIGTERM");
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** @returns {boolean} whether keys such as Ctrl-C signal our process group */
function isInForeground() {
  try {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return group === foreground;
  } catch {
    return process.stdin.isTTY;
  }
}

/**
 * The command line of a `pulumi` that is cancelled when we are killed, and that outlives its terminal until it has
 * cancelled what it does: it gets SIGTERM from us then.
 *
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
function commandLine(args) {
  const dies = spawnSync("setpriv", ["--pdeathsig", "INT", "--", "true"], { stdio: "ignore" }).status === 0;
  const argv = [...(dies ? ["setpriv", "--pdeathsig", "INT", "--"] : []), "pulumi", ...args];
  return ["sh", ["-c", 'trap "" HUP; exec "$@"', "sh", ...argv]];
}

/**
 * Runs a command, shown, to its end.
 *
 * @param {string[]} args
 * @returns {Promise<number>} its exit code
 * @throws {Stopped} when a signal came before
 */
export async function runPulumi(args) {
  if (stopped) throw new Stopped(stopped);
  say(`$ pulumi ${args.join(" ")}`);
  sharesTerminal = isInForeground();
  const [program, argv] = commandLine(args);
  // Outside of a terminal signals may go to one process or to the whole group: in a group of its own pulumi only has ours.
  const child = spawn(program, argv, { stdio: "inherit", detached: !sharesTerminal });
  running = child;
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? (signal ? 128 + constants.signals[signal] : 1)));
    });
  } finally {
    running = undefined;
  }
}

/** Fails when a signal came, so that nothing more is begun. */
export function goOn() {
  if (stopped) throw new Stopped(stopped);
}

/** @param {string[]} args @returns {Promise<{ code: number | null, stdout: string, stderr: string }>} */
function answerOf(args) {
  const child = spawn("pulumi", args, { stdio: ["ignore", "pipe", "pipe"], timeout: LONGEST_ANSWER_MS });
  sharesTerminal = false;
  running = child;
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (/** @type {string} */ text) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      running = undefined;
      reject(new SetupError(`cannot run pulumi: ${error.message}`, "Run `make setup`, then try again."));
    });
    child.once("close", (code) => {
      running = undefined;
      resolve({ code, stdout, stderr });
    });
  });
}

/**
 * Asks Pulumi for something as JSON. A question that fails is asked again, and in the end an error: never an answer.
 *
 * @param {string[]} args
 * @returns {Promise<any>}
 * @throws {SetupError} with what Pulumi said
 * @throws {Stopped}
 */
export async function askPulumi(args) {
  let said = "";
  for (const pause of [0, ...PAUSES_MS]) {
    await delay(pause);
    goOn();
    const { code, stdout, stderr } = await answerOf(args);
    goOn();
    said = stderr.trim() || stdout.trim();
    if (code !== 0) continue;
    try {
      return JSON.parse(stdout);
    } catch {
      said = `its answer is not JSON: ${stdout.slice(0, 200)}`;
    }
  }
  const lines = said.split("\n").slice(-SHOWN_LINES);
  throw new SetupError(
    [`\`pulumi ${args.join(" ")}\` failed ${PAUSES_MS.length + 1} times:`, ...lines].join("\n"),
    "Nothing was changed. Repair this, then try again.",
  );
}
