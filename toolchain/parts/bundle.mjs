// What a run starts, in one file each: a run of a few seconds spends a good part of one on finding and reading several
// hundred.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";
import { checkout } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

/** Places in the package, without the ending: what is started, and what comes of it. */
const SUPERVISOR = "cli/lifecycle/supervisor-run";
const BUNDLE = "cli/lifecycle/supervisor-bundle";
/** Takes the place of what was compiled from it. */
const FRONT = "cli/lifecycle/front";

/**
 * Puts the supervisor with all that it uses into one file, and beside it the licences of the packages that are part
 * of it then.
 *
 * @param {string} folder of the compiled code
 */
export async function bundleSupervisor(folder) {
  const inputs = await bundle(SUPERVISOR, join(folder, `${BUNDLE}.js`));
  writeFileSync(join(folder, `${BUNDLE}.licences.txt`), licencesOf(inputs));
}

/**
 * Puts the front, which is what Pulumi starts, into one file. No package is part of it.
 *
 * @param {string} folder of the compiled code
 */
export async function bundleFront(folder) {
  const packages = (await bundle(FRONT, join(folder, `${FRONT}.js`))).flatMap(
    (path) => packageOf(path) ?? [],
  );
  if (packages.length > 0) throw new Error(`the front of a run has become large: ${packages.join(", ")}`);
}

/**
 * @param {string} entry place in the package, without the ending
 * @param {string} outfile
 * @returns {Promise<string[]>} paths of all files in it, relative to the checkout
 */
async function bundle(entry, outfile) {
  const { metafile } = await build({
    absWorkingDir: checkout,
    entryPoints: [`${entry}.ts`],
    outfile,
    allowOverwrite: true,
    bundle: true,
    platform: "node",
    format: "cjs",
    // The oldest Node that package.json allows.
    target: "node20",
    // What can leave unused parts out.
    mainFields: ["module", "main"],
    conditions: ["import"],
    plugins: [ownFolders],
    metafile: true,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

/**
 * Has V8 compile the supervisor of a build, for the Node that builds.
 *
 * @param {string} folder of the compiled code
 */
export async function compileSupervisor(folder) {
  const require = createRequire(import.meta.url);
  /** @type {{ SUPERVISOR_FLAGS: string[] }} */
  const { SUPERVISOR_FLAGS } = require(join(folder, "cli/lifecycle/supervisor-flags.js"));
  const script = "require(process.argv[1]).compileAhead(process.argv[2])";
  const paths = [join(folder, "cli/lifecycle/compiled-code.js"), join(folder, `${BUNDLE}.js`)];
  await run(process.execPath, [...SUPERVISOR_FLAGS, "-e", script, ...paths]);
}

/**
 * A file that looks for others beside itself finds them where they are in the package.
 * @type {import("esbuild").Plugin}
 */
const ownFolders = {
  name: "own-folders",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!text.includes("__dirname")) return undefined;
      const way = relative(dirname(join(checkout, SUPERVISOR)), dirname(path));
      const own = `require("node:path").join(__dirname, ${JSON.stringify(way)})`;
      return { contents: text.replaceAll("__dirname", own), loader: "ts" };
    });
  },
};

/**
 * @param {readonly string[]} inputs paths of all files in a bundle, relative to the checkout
 * @returns {string}
 */
function licencesOf(inputs) {
  const packages = new Set(inputs.flatMap((path) => packageOf(path) ?? []));
  return [...packages].sort().map(licenceOf).join("\n");
}

/**
 * @param {string} path
 * @returns {string | undefined} folder of the package, relative to the checkout
 */
function packageOf(path) {
  const parts = path.split("/");
  const start = parts.lastIndexOf("node_modules") + 1;
  if (start === 0) return undefined;
  return join(...parts.slice(0, start + (parts[start]?.startsWith("@") ? 2 : 1)));
}

/**
 * @param {string} path folder of a package
 * @returns {string}
 */
function licenceOf(path) {
  const folder = join(checkout, path);
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined)
    throw new Error(`package ${name} has no licence file, and is part of the supervisor`);
  return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8")}`;
}
