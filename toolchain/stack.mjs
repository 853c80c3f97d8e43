// `make up`, `preview`, `refresh`, `destroy` and the clean-up targets: the `pulumi` command for one stack, after clearing what a broken-off
// run may have left. Prints every command that it runs.
//
//   node toolchain/stack.mjs up|preview|refresh|destroy|preview-destroy STACK [further arguments of pulumi]

import { backendFolder, projectOf, stackFiles } from "./lib/backend-files.mjs";
import { hasState } from "./lib/checkpoints.mjs";
import { say, SetupError, warn } from "./lib/console.mjs";
import { clearLocks } from "./lib/locks.mjs";
import { orphanedProviders } from "./lib/orphans.mjs";
import { askPulumi, goOn, handOnSignals, runPulumi, Stopped } from "./lib/pulumi.mjs";
import { assertStackName } from "./lib/stack-name.mjs";
import { mendAttributes, removeUnfinished } from "./lib/unfinished.mjs";

/** @type {Record<string, string[]>} */
const COMMANDS = {
  up: ["up", "--yes", "--skip-preview", "--continue-on-error"],
  preview: ["preview"],
  refresh: ["refresh", "--yes", "--skip-preview"],
  destroy: ["destroy", "--yes", "--skip-preview", "--continue-on-error"],
  "preview-destroy": ["destroy", "--preview-only"],
};
/** Pulumi's names of operations. @type {Record<string, string>} */
const PAST = {
  creating: "created",
  updating: "updated",
  deleting: "deleted",
  reading: "read",
  importing: "imported",
};
/** Commands that make a stack which is not there. */
const MAKING = ["up", "preview"];

/**
 * Looks for the stack, and clears what a killed run has left of its lock and files.
 *
 * @param {string} stack
 * @returns {Promise<{ exists: boolean, isFree: boolean }>}
 * @throws {SetupError} when it cannot be told, or the state is damaged
 */
async function find(stack) {
  assertStackName(stack, { qualified: true });
  const { url } = await askPulumi(["whoami", "--json"]);
  if (typeof url !== "string")
    throw new SetupError("`pulumi whoami --json` names no backend.", "Run `pulumi login`.");
  const folder = backendFolder(url, process.cwd());
  if (folder === undefined) return { exists: await isListed(stack), isFree: true };
  assertStackName(stack, { qualified: false });
  const files = stackFiles(folder, projectOf(process.cwd()).name, stack);
  const isFree = await clearLocks(files.locks, say);
  if (isFree) {
    mendAttributes(files, say);
    removeUnfinished(files);
  }
  return { exists: hasState(files, stack), isFree };
}

/** @param {string} stack @returns {Promise<boolean>} */
async function isListed(stack) {
  /** @type {{ name: string }[]} */
  const stacks = await askPulumi(["stack", "ls", "--json"]);
  if (!Array.isArray(stacks)) {
    throw new SetupError(
      "`pulumi stack ls --json` gave no list of stacks.",
      "Nothing was changed. Try again.",
    );
  }
  return stacks.some(
    ({ name }) => name === stack || name.endsWith(`/${stack}`) || stack.endsWith(`/${name}`),
  );
}

/**
 * Has the state say what there is after operations that were broken off: what a create has made is found again by its
 * owner mark, what a delete has removed leaves the state, and what an update has changed is looked at.
 *
 * @param {string} stack
 */
async function healPending(stack) {
  const state = await askPulumi(["stack", "export", "-s", stack]);
  /** @type {{ type: string, resource: { urn: string } }[]} */
  const pending = state.deployment?.pending_operations ?? [];
  if (pending.length === 0) return;
  for (const { type, resource } of pending) {
    say(
      `An earlier run was broken off while it ${PAST[type] ?? type} ${resource.urn.split("::").slice(2).join(" ")}.`,
    );
  }
  say("The state is compared with what is there.");
  const code = await runPulumi([
    "refresh",
    "--clear-pending-creates",
    "--yes",
    "--skip-preview",
    "-s",
    stack,
  ]);
  goOn();
  if (code !== 0) say("Not all of it could be compared, for the reasons above.");
}

/**
 * @param {string} command
 * @param {string} stack
 * @param {string[]} more
 * @returns {Promise<number>} exit code
 */
async function main(command, stack, more) {
  const args = COMMANDS[command];
  if (!args) {
    warn(`usage: stack.mjs ${Object.keys(COMMANDS).join("|")} STACK [arguments]`);
    return 2;
  }
  const { exists, isFree } = await find(stack);
  if (!exists && !MAKING.includes(command)) {
    say(
      `There is no stack ${stack} in this backend: nothing to ${command === "refresh" ? "refresh" : "destroy"}.`,
    );
    return 0;
  }
  if (!exists) {
    const code = await runPulumi(["stack", "init", "--no-select", stack]);
    if (code !== 0) return code;
  } else if (isFree && !command.startsWith("preview")) {
    await orphanedProviders(projectOf(process.cwd()).folders, say, goOn);
    await healPending(stack);
  }
  const code = await runPulumi([...args, "-s", stack, ...more]);
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

handOnSignals();
const [command = "", stack = "", ...more] = process.argv.slice(2);
main(command, stack, more).then(
  (code) => (process.exitCode = code),
  (error) => {
    process.exitCode = error instanceof Stopped ? error.exitCode : 1;
    if (error instanceof Stopped) return;
    warn(error instanceof SetupError ? error.message : String(error?.stack ?? error));
  },
);
