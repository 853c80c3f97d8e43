// Downloads from the vendor's site: tried once with a short time limit, and the answer remembered.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { say, step } from "./console.mjs";
import { cache, findInstalled } from "./places.mjs";
import { run } from "./run.mjs";

const RELEASES = "https://get.pulumi.com/releases";
const CONNECT_SECONDS = 5;
const DOWNLOAD_SECONDS = 180;

const memory = join(cache, "vendor-downloads.json");
const architecture = process.arch === "arm64" ? "arm64" : "amd64";

/** The vendor's names for what we look for there. */
export const archives = {
  /** @param {string} version the CLI with its language hosts */
  pulumi: (version) =>
    `${RELEASES}/sdk/pulumi-v${version}-${process.platform}-${process.arch === "arm64" ? "arm64" : "x64"}.tar.gz`,
  /** @param {string} name @param {string} version a resource plugin */
  plugin: (name, version) =>
    `${RELEASES}/plugins/pulumi-resource-${name}-v${version}-${process.platform}-${architecture}.tar.gz`,
};

/** @returns {Record<string, string>} reason of failure by address */
function remembered() {
  if (process.env.REFRESH === "1") return {};
  try {
    return JSON.parse(readFileSync(memory, "utf8"));
  } catch {
    return {};
  }
}

/** @param {Record<string, string>} failures */
function remember(failures) {
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, `${JSON.stringify(failures, null, 2)}\n`);
}

/**
 * Fetches an archive of the vendor's into a folder.
 *
 * @param {string} what for the user's eyes
 * @param {string} address
 * @param {string} file where it is put
 * @returns {Promise<boolean>} false when it cannot be had (now, or in an earlier try; REFRESH=1 tries again)
 */
export async function fetchFromVendor(what, address, file) {
  const known = remembered();
  if (known[address]) return false;
  if (!findInstalled("curl")) return false;
  const limits = ["--connect-timeout", `${CONNECT_SECONDS}`, "--max-time", `${DOWNLOAD_SECONDS}`];
  try {
    await step(`downloading ${what} from its vendor`, () =>
      run("curl", ["--fail", "--silent", "--show-error", "--location", ...limits, "--output", file, address]),
    );
    return true;
  } catch (error) {
    rmSync(file, { force: true });
    const reason = error instanceof Error ? (error.message.match(/curl: .*/)?.[0] ?? "failed") : "failed";
    say(`  not available (${reason}); building it here instead, REFRESH=1 tries the download again`);
    remember({ ...known, [address]: reason });
    return false;
  }
}
