// The npm packages of the checkout.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError, step } from "../lib/console.mjs";
import { checkout } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

const modules = join(checkout, "node_modules");

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
