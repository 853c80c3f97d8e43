// `make setup`: everything that the project needs on this machine, found, downloaded or built. Safe to repeat.

import { mkdirSync, rmSync, symlinkSync, existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { say, SetupError, warn } from "./lib/console.mjs";
import { local } from "./lib/places.mjs";
import { provideBackend } from "./parts/backend.mjs";
import { provideEngine } from "./parts/engine.mjs";
import { provideCommandPlugin, provideLibvirtPlugin } from "./parts/plugins.mjs";

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
  const engine = await provideEngine();
  remember(engine);
  await provideCommandPlugin(engine);
  await provideLibvirtPlugin(engine);
  provideBackend();
  say(`export PATH="${join(engine, "bin")}:$PATH"`);
}

main().catch((error) => {
  warn(error instanceof SetupError ? `\nSet-up stops: ${error.message}` : String(error?.stack ?? error));
  process.exitCode = 1;
});
