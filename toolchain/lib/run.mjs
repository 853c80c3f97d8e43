import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { SetupError } from "./console.mjs";

/** Lines of a failed program's output that are shown. */
const SHOWN_LINES = 15;

/**
 * How to run a program.
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env] the whole environment; default: ours
 * @property {(line: string) => void} [report] gets each line of output as it comes
 * @property {string} [remedy] what the user can do when it fails
 * @property {number} [timeoutMs] the program is killed after this time; default: no limit
 */

/**
 * Runs a program to its end, without a shell.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} its standard output
 * @throws {SetupError} with its last lines when it fails or is not there
 */
export function run(program, args, options = {}) {
  const { cwd, env, report, remedy = "Run set-up again when this is repaired.", timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: timeoutMs });
    let stdout = "";
    /** @type {string[]} */
    const lines = [];
    /** @param {string} line */
    const note = (line) => {
      if (!line) return;
      lines.push(line);
      lines.splice(0, lines.length - SHOWN_LINES);
      report?.(line);
    };
    child.stdout.setEncoding("utf8").on("data", (/** @type {string} */ text) => (stdout += text));
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", note);
    child.once("error", (error) => reject(new SetupError(`cannot run ${program}: ${error.message}`, remedy)));
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
      reject(new SetupError([`\`${[program, ...args].join(" ")}\` ${how}:`, ...lines].join("\n"), remedy));
    });
  });
}

/**
 * Asks a program something small.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string | undefined} its standard output; undefined when it is missing, fails or needs more than 20 s
 */
export function ask(program, args, env) {
  const { status, stdout } = spawnSync(program, args, {
    encoding: "utf8",
    env,
    timeout: 20_000,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return status === 0 ? stdout.trim() : undefined;
}
