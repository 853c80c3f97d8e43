// Where Pulumi's file backend keeps what belongs to a stack.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { SetupError } from "./console.mjs";

/**
 * @typedef {object} StackFiles
 * @property {string} checkpoint the state; `.gz` or `.zst` may follow
 * @property {string} tags
 * @property {string} meta what the whole backend says about itself
 * @property {string} locks a folder
 * @property {string} backups a folder of older states
 * @property {string} history a folder
 */

/**
 * @param {string} url of a backend, as a user may have written it
 * @param {string} from the folder that relative paths begin at
 * @returns {string | undefined} the folder of a file backend
 */
export function backendFolder(url, from) {
  if (!url.startsWith("file://")) return undefined;
  const path = decoded(url.slice("file://".length).replace(/\?.*$/s, ""));
  if (path === "~" || path.startsWith("~/")) return join(userInfo().homedir, path.slice(1));
  return resolve(from, path);
}

/** @param {string} path */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * @typedef {object} Project
 * @property {string} name
 * @property {string[]} folders of the project and of its program, where its processes are started
 *
 * The project of the `Pulumi.yaml` of a folder or of the nearest one above.
 *
 * @param {string} from
 * @returns {Project}
 * @throws {SetupError}
 */
export function projectOf(from) {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const file = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]
      .map((name) => join(folder, name))
      .find((path) => existsSync(path));
    if (file !== undefined) return projectIn(file);
    if (folder === dirname(folder)) break;
  }
  throw new SetupError(
    `There is no Pulumi.yaml in ${from} or above it.`,
    "Run this in the folder of a project.",
  );
}

/** @param {string} file @returns {Project} */
function projectIn(file) {
  const fail = (/** @type {string} */ problem) =>
    new SetupError(`${file}${problem}`, "Repair it, then try again.");
  let parsed;
  try {
    parsed = parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw fail(` cannot be read: ${/** @type {Error} */ (error).message.split("\n")[0]}`);
  }
  const { name, main = "." } = parsed;
  if (typeof name !== "string" || !/^[A-Za-z0-9_.-]+$/.test(name)) {
    throw fail(`: name: ${JSON.stringify(name ?? null)} is no project's name.`);
  }
  const program = resolve(dirname(file), String(main));
  const isFolder = statSync(program, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return { name, folders: [dirname(file), isFolder ? program : dirname(program)] };
}

/**
 * @param {string} folder of the backend
 * @param {string} project
 * @param {string} stack
 * @returns {StackFiles}
 */
export function stackFiles(folder, project, stack) {
  const root = join(folder, ".pulumi");
  const meta = join(root, "meta.yaml");
  // Backends of old versions of Pulumi know no projects.
  const within = isOfProjects(meta, root) ? [project, stack] : [stack];
  const locks = within.length > 1 ? ["organization", ...within] : within;
  return {
    checkpoint: `${join(root, "stacks", ...within)}.json`,
    tags: `${join(root, "stacks", ...within)}.pulumi-tags`,
    meta,
    locks: join(root, "locks", ...locks),
    backups: join(root, "backups", ...within),
    history: join(root, "history", ...within),
  };
}

/** @param {string} meta @param {string} root */
function isOfProjects(meta, root) {
  if (existsSync(meta)) return !/^version:\s*0\s*$/m.test(readFileSync(meta, "utf8"));
  const stacks = join(root, "stacks");
  return !existsSync(stacks) || !readdirSync(stacks).some((name) => name.endsWith(".json"));
}
