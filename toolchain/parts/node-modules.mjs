// The npm packages that our plugins need at run time, taken from what `npm ci` put into the checkout.

import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { checkout, digestOf } from "../lib/places.mjs";

const installed = join(checkout, "node_modules");
const WHOLE = ["@grpc/grpc-js", "google-protobuf"];
/** Of the SDK only the generated messages: with its dependencies it would be 100 MB. */
const SDK = "@pulumi/pulumi";
const SDK_FILES = ["package.json", "proto"];

/**
 * The packages and all that they depend on, by the paths that npm gave them.
 * @returns {string[]} paths relative to `node_modules`
 */
function closure() {
  /** @type {Set<string>} */
  const found = new Set();
  /** @type {(name: string, dependents: string[]) => void} */
  const visit = (name, dependents) => {
    const nested = dependents.map((dependent) => join(dependent, "node_modules", name));
    const path = [...nested, name].find((candidate) => existsSync(join(installed, candidate)));
    if (!path || found.has(path)) return;
    found.add(path);
    const manifest = JSON.parse(readFileSync(join(installed, path, "package.json"), "utf8"));
    for (const dependency of Object.keys(manifest.dependencies ?? {}))
      visit(dependency, [path, ...dependents]);
  };
  for (const name of WHOLE) visit(name, []);
  return [...found].sort();
}

/**
 * What the copied packages are, for a cache key.
 * @returns {string}
 */
export function pluginPackagesDigest() {
  return digestOf(...[...closure(), SDK].map((path) => join(installed, path, "package.json")));
}

/**
 * Copies the packages, so that a plugin runs without the checkout.
 * @param {string} folder gets a folder `node_modules`
 */
export function copyPluginPackages(folder) {
  const target = join(folder, "node_modules");
  const copy = (/** @type {string} */ path) =>
    cpSync(join(installed, path), join(target, path), { recursive: true });
  for (const path of closure()) copy(path);
  for (const file of SDK_FILES) copy(join(dirname(SDK), "pulumi", file));
}
