// The project's own state, for those who are not logged in to a Pulumi backend.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { say } from "../lib/console.mjs";
import { local, pulumiHome } from "../lib/places.mjs";

/**
 * The backend that the user has chosen, by environment or `pulumi login`.
 * @returns {string | undefined}
 */
export function chosenBackend() {
  if (process.env.PULUMI_BACKEND_URL) return process.env.PULUMI_BACKEND_URL;
  try {
    const { current } = JSON.parse(readFileSync(join(pulumiHome, "credentials.json"), "utf8"));
    if (current) return current;
  } catch {
    // Never logged in.
  }
  return process.env.PULUMI_ACCESS_TOKEN ? "Pulumi Cloud, by PULUMI_ACCESS_TOKEN" : undefined;
}

/** Makes the state folder and a passphrase, once; `toolchain/bin/pulumi` uses them when nobody is logged in. */
export function provideBackend() {
  const passphrase = join(local, "passphrase");
  mkdirSync(join(local, "state"), { recursive: true, mode: 0o700 });
  if (existsSync(passphrase)) return;
  writeFileSync(passphrase, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  if (chosenBackend()) return;
  say("- Pulumi backend: you are not logged in to one, so the state is kept in .guest-farm/state");
  say(
    "  Secrets in it are encrypted with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE if you set one,",
  );
  say(
    "  else with the passphrase generated now in .guest-farm/passphrase (mode 0600). Keep it: without it the",
  );
  say("  state cannot be read. `pulumi login` to another backend, and that is used instead.");
}
