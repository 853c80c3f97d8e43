// `make up`, `preview`, `refresh`, `destroy` and the clean-up targets: the `pulumi` command for one stack, after clearing what a broken-off
// run may have left. Prints every command that it runs.
//
//   node toolchain/stack.mjs up|preview|refresh|destroy|preview-destroy STACK [further arguments of pulumi]

import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { say } from "./lib/console.mjs";
import { ask } from "./lib/run.mjs";
import { isLeftOver, stackLocks } from "./lib/locks.mjs";

/** @type {Record<string, string[]>} */
const COMMANDS = {
  up: ["up", "--yes", "--skip-preview", "--continue-on-error"],
  preview: ["preview"],
  refresh: ["refresh", "--yes", "--skip-preview"],
  destroy: ["destroy", "--yes", "--skip-preview", "--continue-on-error"],
  "preview-destroy": ["destroy", "--preview-only"],
};

/** @param {string[]} args @returns {number} exit code */
function pulumi(args) {
  say(`$ pulumi ${args.join(" ")}`);
  return spawnSync("pulumi", args, { stdio: "inherit" }).status ?? 1;
}

/** @param {string} stack */
function stackExists(stack) {
  /** @type {{ name: string }[]} */
  const stacks = JSON.parse(ask("pulumi", ["stack", "ls", "--json"]) ?? "[]");
  return stacks.some(({ name }) => name === stack || name.endsWith(`/${stack}`));
}

/**
 * A killed `pulumi` leaves its lock in a file backend. It is taken away only when its process was one of this machine
 * and is gone.
 * @param {string} stack
 */
function clearLock(stack) {
  const backend = JSON.parse(ask("pulumi", ["whoami", "--json"]) ?? "{}").url ?? "";
  const left = stackLocks(backend, stack).filter((lock) => isLeftOver(lock, hostname()));
  for (const { pid, timestamp } of left) {
    say(`The run of process ${pid} (${timestamp}) was killed and left a lock.`);
  }
  if (left.length > 0) pulumi(["cancel", "--yes", "-s", stack]);
}

/** @param {string} stack creates that were broken off: what they made is found again by its owner mark */
function clearPendingCreates(stack) {
  const state = JSON.parse(ask("pulumi", ["stack", "export", "-s", stack]) ?? "{}");
  /** @type {{ type: string }[]} */
  const pending = state.deployment?.pending_operations ?? [];
  if (!pending.some(({ type }) => type === "creating")) return;
  say("An earlier run was broken off while it created something.");
  pulumi(["refresh", "--clear-pending-creates", "--yes", "--skip-preview", "-s", stack]);
}

/**
 * @param {string} command
 * @param {string} stack
 * @param {string[]} more
 * @returns {number} exit code
 */
function main(command, stack, more) {
  const args = COMMANDS[command];
  if (!args || !stack) {
    say(`usage: stack.mjs ${Object.keys(COMMANDS).join("|")} STACK [arguments]`);
    return 2;
  }
  if (!stackExists(stack)) {
    const code = pulumi(["stack", "init", "--no-select", stack]);
    if (code !== 0) return code;
  } else {
    clearLock(stack);
    if (!command.startsWith("preview")) clearPendingCreates(stack);
  }
  const code = pulumi([...args, "-s", stack, ...more]);
  if (command === "up" && code !== 0) sayWhatNow(stack);
  return code;
}

/** After Ctrl-C Pulumi only says that a program was killed: what became of the guests is in their results. */
function sayWhatNow(/** @type {string} */ stack) {
  say(
    `Not all of it was done; the reasons are above, and what each guest did is told by ` +
      `node dist/cli/main.js report -s ${stack}. The next \`make up STACK=${stack}\` goes on from there.`,
  );
}

const [command = "", stack = "", ...more] = process.argv.slice(2);
process.exitCode = main(command, stack, more);
