"use strict";

const { spawn } = require("node:child_process");

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** Ends every child that still runs, at once. */
function killAll() {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * What a child printed and how it ended.
 * @typedef {object} Ending
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} output both, in the order in which they came
 * @property {number | null} code exit status
 * @property {NodeJS.Signals | null} signal that ended it
 */

/**
 * @typedef {object} ChildOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} env
 * @property {string} [stdin]
 * @property {(line: string) => void} [onStdoutLine]
 * @property {(line: string) => void} [onStderrLine]
 */

/**
 * Starts a program that ends with the plugin.
 *
 * @param {string[]} argv
 * @param {import("node:child_process").SpawnOptions} options
 */
function startChild([program = "", ...args], options) {
  const child = spawn(program, args, options);
  running.add(child);
  child.once("exit", () => running.delete(child));
  child.once("error", () => running.delete(child));
  return child;
}

/**
 * Runs a program until it has ended and its output is closed.
 *
 * @param {string[]} argv
 * @param {ChildOptions} options
 * @returns {Promise<Ending>}
 * @throws {Error} when it cannot be started
 */
function runChild(argv, { cwd, env, stdin, onStdoutLine, onStderrLine }) {
  const child = startChild(argv, { cwd, env, stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"] });
  /** @type {Buffer[]} */
  const output = [];
  const stdout = collect(child.stdout, output, onStdoutLine);
  const stderr = collect(child.stderr, output, onStderrLine);
  // A program may end without reading its input.
  child.stdin?.on("error", () => {});
  child.stdin?.end(stdin);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) =>
      resolve({ stdout: stdout(), stderr: stderr(), output: Buffer.concat(output).toString(), code, signal }),
    );
    // Whoever inherited the pipes of a killed child must not hold up the answer.
    child.once("exit", (_code, signal) => {
      if (signal !== "SIGKILL") return;
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  });
}

/**
 * @param {import("node:stream").Readable | null} stream
 * @param {Buffer[]} both gets every chunk too
 * @param {((line: string) => void) | undefined} onLine
 * @returns {() => string} all that came
 */
function collect(stream, both, onLine) {
  /** @type {Buffer[]} */
  const chunks = [];
  let unfinished = "";
  stream?.on("data", (/** @type {Buffer} */ chunk) => {
    chunks.push(chunk);
    both.push(chunk);
    if (!onLine) return;
    const lines = (unfinished + chunk.toString()).split("\n");
    unfinished = lines.pop() ?? "";
    lines.forEach(onLine);
  });
  stream?.on("end", () => {
    if (unfinished) onLine?.(unfinished);
  });
  return () => Buffer.concat(chunks).toString();
}

module.exports = { runChild, startChild, killAll };
