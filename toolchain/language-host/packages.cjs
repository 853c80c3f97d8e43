"use strict";

const fs = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");

/**
 * A resource plugin that an installed npm package needs.
 * @typedef {{ name: string, version: string, server: string }} RequiredPlugin
 */

/**
 * @param {string} file
 * @returns {Record<string, any> | undefined} undefined when there is no such file or it is not JSON
 */
function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * @param {string} directory
 * @returns {string[]} names in it; none when it does not exist
 */
function list(directory) {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}

/**
 * The folders of all packages in a `node_modules`, scoped and nested ones included, each once: a package may be linked
 * to a folder above, as a program's own package is when it refers to itself.
 * @param {string} modules
 * @param {Set<string>} [seen] real paths of the `node_modules` that were entered
 * @returns {Generator<string>}
 */
function* packageFolders(modules, seen = new Set()) {
  const names = list(modules);
  if (names.length === 0) return;
  const real = fs.realpathSync(modules);
  if (seen.has(real)) return;
  seen.add(real);
  for (const name of names) {
    if (name.startsWith(".")) continue;
    const folder = path.join(modules, name);
    const packages = name.startsWith("@")
      ? list(folder).map((scoped) => path.join(folder, scoped))
      : [folder];
    for (const one of packages) {
      yield one;
      yield* packageFolders(path.join(one, "node_modules"), seen);
    }
  }
}

/**
 * The plugins that the packages installed for a program need: those whose `package.json` says
 * `"pulumi": {"resource": true}`, with the name, version and download server given there.
 *
 * @param {string} programFolder
 * @returns {RequiredPlugin[]}
 */
function requiredPlugins(programFolder) {
  /** @type {Map<string, RequiredPlugin>} */
  const found = new Map();
  for (const folder of packageFolders(path.join(programFolder, "node_modules"))) {
    const manifest = readJson(path.join(folder, "package.json"));
    const pulumi = manifest?.pulumi;
    if (!manifest || pulumi?.resource !== true) continue;
    const plugin = {
      name: pulumi.name ?? String(manifest.name).replace(/^@pulumi\//, ""),
      version: pulumi.version ?? manifest.version,
      server: pulumi.server ?? "",
    };
    found.set(`${plugin.name}@${plugin.version}`, plugin);
  }
  return [...found.values()];
}

/**
 * The direct dependencies of a program with their installed versions ("" when not installed).
 *
 * @param {string} programFolder
 * @returns {{ name: string, version: string }[]}
 */
function directDependencies(programFolder) {
  const manifest = readJson(path.join(programFolder, "package.json")) ?? {};
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  return names.map((name) => ({
    name,
    version: readJson(path.join(programFolder, "node_modules", name, "package.json"))?.version ?? "",
  }));
}

/**
 * Resolves a module as the program would.
 *
 * @param {string} programFolder
 * @param {string} module
 * @throws {Error} with the remedy when it is not installed
 */
function resolveFrom(programFolder, module) {
  try {
    return createRequire(path.join(programFolder, "index.js")).resolve(module);
  } catch {
    throw new Error(
      `${module} is not installed for ${programFolder}: run \`npm ci\` there (or \`pulumi install\`)`,
    );
  }
}

module.exports = { requiredPlugins, directDependencies, resolveFrom };
