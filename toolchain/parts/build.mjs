// The compiled code in `dist/`, and what makes the package findable by its own name.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { step } from "../lib/console.mjs";
import { hasPart, keepNewest, part } from "../lib/parts.mjs";
import { checkout, digestOf, local } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

const dist = join(checkout, "dist");
const modules = join(checkout, "node_modules");
/** Its time is that of the sources which were compiled. */
const STAMP = ".built";
/** Files that are used as they are, by their place in the package. */
const COPIED = ["hypervisor/images/scripts", "phases/ready"];
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
/** Builds that stay in the cache: those of a few branches, not of every change that somebody makes. */
const KEPT_BUILDS = 5;

/** All that compiled code is made from and by. */
function sources() {
  const makers = ["toolchain/parts/build.mjs", "toolchain/parts/bundle.mjs"];
  const configs = ["tsconfig.json", "tsconfig.build.json", "package-lock.json", ...makers];
  const folders = readdirSync(checkout, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !NOT_COMPILED.has(entry.name))
    .map(({ name }) => name);
  return [...configs, ...folders].map((name) => join(checkout, name));
}

/**
 * When a file, or a file below a folder, was changed last, in milliseconds.
 * @param {string} path
 * @returns {number}
 */
function newestIn(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

/** Whether `dist/` is newer than every source. */
function isBuilt() {
  const stamp = statSync(join(dist, STAMP), { throwIfNoEntry: false });
  return stamp !== undefined && stamp.mtimeMs >= Math.max(...sources().map(newestIn));
}

/**
 * Puts a build into place in one go: a program that runs meanwhile sees the old one or the new one.
 *
 * @param {Date} started the sources are known to be those of this time
 * @param {(folder: string) => Promise<void> | void} fill
 */
async function replaceDist(started, fill) {
  const fresh = join(local, `build-${process.pid}`);
  const old = `${fresh}-old`;
  mkdirSync(local, { recursive: true });
  try {
    await fill(fresh);
    writeFileSync(join(fresh, STAMP), "");
    utimesSync(join(fresh, STAMP), started, started);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
  linkSelf();
}

/**
 * The provider process of dynamic resources starts inside `node_modules`, and looks for `guest-farm` there as it
 * would in a project that has it installed.
 */
function linkSelf() {
  const link = join(modules, "guest-farm");
  if (!existsSync(link)) symlinkSync("..", link, "dir");
}

/**
 * @param {string} folder
 * @param {(line: string) => void} [report]
 */
async function compileInto(folder, report) {
  const compiler = join(modules, "typescript", "bin", "tsc");
  const args = [compiler, "-p", "tsconfig.build.json", "--outDir", folder];
  await run(process.execPath, args, { cwd: checkout, report, remedy: "Correct the sources." });
  // Not before the packages are there: this file is read by who installs them.
  const { bundleFront, bundleSupervisor, compileSupervisor } = await import("./bundle.mjs");
  await bundleFront(folder);
  await bundleSupervisor(folder);
  await compileSupervisor(folder);
  for (const path of COPIED) cpSync(join(checkout, path), join(folder, path), { recursive: true });
}

/** Compiles the sources into `dist/`. */
export async function build() {
  await replaceDist(new Date(), (folder) => compileInto(folder));
}

/** Provides `dist/` when a source is newer: as another checkout has compiled the same sources, or compiled here. */
export async function provideBuild() {
  linkSelf();
  if (isBuilt()) return;
  const started = new Date();
  const key = `build-${digestOf(...sources())}`;
  const compile = (/** @type {string} */ folder) =>
    step("compiling (npm run build)", (report) => compileInto(folder, report));
  if (hasPart(key)) process.stdout.write("- compiled code: as another checkout has built it\n");
  const compiled = await part(key, compile);
  await replaceDist(started, (folder) => cpSync(compiled, folder, { recursive: true }));
  keepNewest("build-", KEPT_BUILDS);
}
