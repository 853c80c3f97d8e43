// The Debian packages that hypervisors and images need on this machine.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError, step, warn } from "../lib/console.mjs";
import { findInstalled, toolchain } from "../lib/places.mjs";
import { ask, run } from "../lib/run.mjs";

/** Another installation may be under way: apt-get waits for it, in seconds. */
const PATIENCE = ["-o", "DPkg::Lock::Timeout=300"];
const REMEDY = "apt-get must be able to reach the distribution's mirror.";

/**
 * @param {boolean} forTests with those that only tests need
 * @returns {string[]} the packages for this machine's architecture
 */
function wanted(forTests) {
  /** @type {{ name: string, only?: string, tests?: boolean, unless?: string }[]} */
  const packages = JSON.parse(readFileSync(join(toolchain, "debian-packages.json"), "utf8"));
  return packages
    .filter(({ only }) => !only || only === process.arch)
    .filter(({ tests }) => forTests || !tests)
    .filter(({ unless }) => !unless || !existsSync(unless))
    .map(({ name }) => name);
}

/** @returns {Set<string>} names of all installed packages */
function installed() {
  const list = ask("dpkg-query", ["-W", "-f", "${db:Status-Status} ${Package}\n"]) ?? "";
  const names = list.split("\n").filter((line) => line.startsWith("installed "));
  return new Set(names.map((line) => line.slice("installed ".length)));
}

/**
 * Installs what is missing when we are root; else says what has to be installed.
 * @param {{ tests: boolean }} options whether tests are to be run here
 * @throws {SetupError} when packages are missing and we may not install them
 */
export async function provideDebianPackages({ tests }) {
  if (!findInstalled("dpkg-query")) {
    warn(
      `This is not a Debian-like system. Install what these packages have there: ${wanted(tests).join(" ")}`,
    );
    return;
  }
  const present = installed();
  const missing = wanted(tests).filter((name) => !present.has(name));
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    const line = `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing.join(" ")}`;
    throw new SetupError("Debian packages are missing, and only root can install them.", line);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await step("updating the list of Debian packages", (report) =>
    run("apt-get", ["update", "-q"], { env, report, remedy: REMEDY }),
  );
  await step(`installing ${missing.join(" ")}`, (report) =>
    run("apt-get", ["install", "-y", "-q", ...PATIENCE, "--no-install-recommends", ...missing], {
      env,
      report,
      remedy: REMEDY,
    }),
  );
}
