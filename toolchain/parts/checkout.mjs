// The checkout itself: its npm packages and its compiled code.

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError, step } from "../lib/console.mjs";
import { checkout } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

const modules = join(checkout, "node_modules");
const stamp = join(checkout, "dist", ".built");
const NOT_COMPILED = new Set([
  "node_modules",
  "dist",
  "test",
  "toolchain",
  "sdks",
  "bench",
  "docs",
  "stacks",
]);

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }>} packages by their folder */
function lockedPackages(file) {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")).packages ?? {}) : {};
}

/** Whether npm has installed what the lock file says (npm leaves its own list of what it has installed). */
function packagesAreInstalled() {
  const installed = lockedPackages(join(modules, ".package-lock.json"));
  return Object.entries(lockedPackages(join(checkout, "package-lock.json"))).every(
    ([folder, { version, optional }]) => folder === "" || optional || installed[folder]?.version === version,
  );
}

/** Installs the npm packages that the lock file names. */
export async function providePackages() {
  const [major] = process.versions.node.split(".").map(Number);
  if (Number(major) < 20)
    throw new SetupError(`Node ${process.versions.node} is too old.`, "Install Node 20 or newer.");
  if (packagesAreInstalled()) return;
  // No scripts: those of the packages would look for plugins that set-up provides, and our own is the next step.
  const args = ["ci", "--prefer-offline", "--ignore-scripts", "--loglevel=error"];
  await step("installing npm packages (npm ci)", (report) =>
    run("npm", args, {
      cwd: checkout,
      report,
      remedy: "The npm registry must be reachable for the first installation.",
    }),
  );
}

/**
 * When a file below a folder was changed last, in milliseconds.
 * @param {string} folder
 * @returns {number}
 */
function newestIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }, 0);
}

/** When a source was changed last. */
function newestSource() {
  const configs = ["tsconfig.json", "tsconfig.build.json", "package-lock.json"].map((name) =>
    join(checkout, name),
  );
  const folders = readdirSync(checkout, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !NOT_COMPILED.has(entry.name))
    .map((entry) => join(checkout, entry.name));
  return Math.max(...configs.map((file) => statSync(file).mtimeMs), ...folders.map(newestIn));
}

/** Compiles the sources into `dist/` when one is newer, or when npm has removed what a build leaves in `node_modules`. */
export async function provideBuild() {
  const linked = existsSync(join(modules, "guest-farm"));
  if (linked && existsSync(stamp) && statSync(stamp).mtimeMs >= newestSource()) return;
  const started = new Date();
  await step("compiling (npm run build)", async (report) => {
    rmSync(stamp, { force: true });
    await run("npm", ["run", "build"], { cwd: checkout, report, remedy: "Correct the sources." });
    writeFileSync(stamp, `${started.toISOString()}\n`);
  });
}
