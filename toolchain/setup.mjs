// `make setup`: everything that the project needs on this machine, found, downloaded or built. Safe to repeat; says
// nothing when there is nothing to do. With `--path` it ends with the line for the user's shell; with `--build` it only
// provides what our own commands need to run; with `--tests` also what tests need, an SSH server among it.

import { existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { say, SetupError, warn } from "./lib/console.mjs";
import { local } from "./lib/places.mjs";
import { provideBackend } from "./parts/backend.mjs";
import { provideBuild } from "./parts/build.mjs";
import { providePackages } from "./parts/checkout.mjs";
import { provideDebianPackages } from "./parts/debian.mjs";
import { provideEngine } from "./parts/engine.mjs";
import { provideCommandPlugin, provideLibvirtPlugin } from "./parts/plugins.mjs";
import { provideServices } from "./parts/services.mjs";

/**
 * Points `.guest-farm/toolchain` to the folder in use, for the `make` targets.
 * @param {string} folder
 */
function remember(folder) {
  const link = join(local, "toolchain");
  mkdirSync(local, { recursive: true });
  if (existsSync(link) && readlinkSync(link) === folder) return;
  rmSync(link, { force: true });
  symlinkSync(folder, link);
}

async function main() {
  await providePackages();
  if (process.argv.includes("--build")) return await provideBuild();
  await provideDebianPackages({ tests: process.argv.includes("--tests") });
  await provideServices();
  const engine = await provideEngine();
  remember(engine);
  await provideCommandPlugin(engine);
  await provideLibvirtPlugin(engine);
  await provideBuild();
  provideBackend();
  if (!process.argv.includes("--path")) return;
  say("\nEverything is there. For plain `pulumi` commands in your shell:\n");
  say(`  export PATH="${join(engine, "bin")}:$PATH"\n`);
}

main().catch((error) => {
  warn(error instanceof SetupError ? `\nSet-up stops: ${error.message}` : String(error?.stack ?? error));
  process.exitCode = 1;
});
