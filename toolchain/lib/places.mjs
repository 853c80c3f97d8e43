// Where things are: the checkout, the toolchain's cache folder, the user's Pulumi home.

import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { homedir, userInfo } from "node:os";
import { delimiter, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this checkout. */
export const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** The folder `toolchain/` of this checkout. */
export const toolchain = join(checkout, "toolchain");
/** What set-up and runs leave in the checkout; ignored by git. */
export const local = join(checkout, ".guest-farm");

/** @type {{ pulumi: string, command: string, libvirt: string }} */
export const versions = JSON.parse(readFileSync(join(toolchain, "versions.json"), "utf8"));

/** Built and downloaded parts, shared by all checkouts on this machine. Settable with GUEST_FARM_TOOLCHAIN. */
export const cache =
  process.env.GUEST_FARM_TOOLCHAIN ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "guest-farm", "toolchain");

/** Pulumi's own folder: plugins and log-ins. Pulumi asks the user database for the home folder, not $HOME. */
export const pulumiHome = process.env.PULUMI_HOME ?? join(userInfo().homedir, ".pulumi");

/**
 * A short digest of files' names and contents, the part of a cache key that changes when their makers change them.
 *
 * @param {...string} paths files and folders; `node_modules` is left out
 * @returns {string} 10 hexadecimal digits
 */
export function digestOf(...paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesOf(path)) {
      hash.update(`${relative(toolchain, file)}\0`);
      hash.update(readFileSync(file));
    }
  }
  return hash.digest("hex").slice(0, 10);
}

/**
 * @param {string} text
 * @returns {string} 10 hexadecimal digits
 */
export function digestOfText(text) {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/**
 * All files below a path, in a stable order.
 * @param {string} path
 * @returns {string[]}
 */
export function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/**
 * A program on PATH, folders of our own cache left out: what the user has installed.
 *
 * @param {string} name
 * @returns {string | undefined} its path with links resolved
 */
export function findInstalled(name) {
  const ours = [cache, join(checkout, "node_modules")].map((folder) => folder + sep);
  for (const folder of (process.env.PATH ?? "").split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    if (!isExecutable(path)) continue;
    const real = realpathSync(path);
    const isOurs = ours.some((prefix) => path.startsWith(prefix) || real.startsWith(prefix));
    if (!isOurs && !isLauncher(real)) return real;
  }
  return undefined;
}

/**
 * Whether a program is the launcher of a toolchain folder, be it in another cache than the one in use.
 * @param {string} path
 */
function isLauncher(path) {
  return existsSync(join(dirname(path), "..", "engine", "pulumi"));
}

/**
 * @param {string} path
 * @returns {boolean}
 */
export function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
