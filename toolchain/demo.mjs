// The quickstart from nothing to the cached path, on real guests. Run by `make demo`, which sets up what it needs.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { comparisonTable } from "./demo-table.mjs";

const STACK = "quickstart";
const results = join(".guest-farm", STACK);
const kept = join(results, "demo-first-run.json");

/** @param {string} text */
function say(text) {
  process.stdout.write(`\n\x1b[1m==> ${text}\x1b[0m\n`);
}

/**
 * Runs a program for the user to see, and ends the demo when it fails.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ mayFail?: boolean }} [options]
 */
function run(program, args, { mayFail = false } = {}) {
  process.stdout.write(`$ ${[program, ...args].join(" ")}\n`);
  const { status, error } = spawnSync(program, args, { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0 && !mayFail) {
    process.stderr.write(
      `\nThe demo stops here: \`${program} ${args[0]}\` ended with exit code ${status}.\n`,
    );
    process.stderr.write(
      `What each guest did is under ${results}/<guest>/<run>/ (result.json, report.html, logs).\n`,
    );
    process.exit(1);
  }
}

/**
 * The last result of every guest of the stack.
 * @returns {import("../phases/lifecycle/result.js").RunResult[]}
 */
function readResults() {
  if (!existsSync(results)) return [];
  return readdirSync(results)
    .map((guest) => join(results, guest, "result.json"))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")));
}

/** The page of every guest's last run. */
function reports() {
  return readResults().map(({ guest, runId }) => `  ${join(results, guest, runId, "report.html")}`);
}

/** Keeps the results of runs that filled the cache: each guest's latest. */
function rememberFirstRuns() {
  const now = readResults().filter((result) => result.cache !== "hit");
  const earlier = readKept().filter(({ guest }) => !now.some((result) => result.guest === guest));
  mkdirSync(results, { recursive: true });
  writeFileSync(kept, JSON.stringify([...earlier, ...now]));
}

/** @returns {import("../phases/lifecycle/result.js").RunResult[]} */
function readKept() {
  return existsSync(kept) ? JSON.parse(readFileSync(kept, "utf8")) : [];
}

say("What this machine can do");
run("node", ["dist/cli/main.js", "doctor", "--brief"], { mayFail: true });

say("First up: builds the images, defines the guests, runs every phase (a cached revision is found again)");
run("make", ["--no-print-directory", "up", `STACK=${STACK}`]);
rememberFirstRuns();

say("Preview: nothing has changed, so nothing would run");
run("pulumi", ["preview", "-s", STACK, "--expect-no-changes"]);

say("A change: another value for a variable that only main uses");
run("pulumi", [
  "config",
  "set",
  "-s",
  STACK,
  "--path",
  "guest-farm:vars.greeting",
  `Hello at ${new Date().toISOString()}`,
]);

say("Preview: only the lifecycles change, and it says why; the init snapshots will be restored");
run("pulumi", ["preview", "-s", STACK, "--diff"]);

say("Second up: restore the init snapshot, main, terminate, off");
run("make", ["--no-print-directory", "up", `STACK=${STACK}`]);

process.stdout.write(`\n${comparisonTable(readKept(), readResults())}\n`);
process.stdout.write(`\nReports:\n${reports().join("\n")}\nClean up: make destroy STACK=${STACK}\n`);
