// Resource plugins in the Pulumi home, where every `pulumi` of this user finds them.

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { step } from "../lib/console.mjs";
import { part } from "../lib/parts.mjs";
import { digestOf, pulumiHome, toolchain, versions } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";
import { archives, fetchFromVendor } from "../lib/vendor.mjs";
import { buildGo } from "./go.mjs";
import { copyPluginPackages, pluginPackagesDigest } from "./node-modules.mjs";

/** Lies in the folder of a plugin that we have made; says from what. */
const MARK = "guest-farm-part";

/**
 * The installed plugin's mark.
 *
 * @param {string} name
 * @param {string} version
 * @returns {string | undefined} its key if it is ours, "" if it is not, undefined if there is none
 */
function installedPlugin(name, version) {
  const folder = join(pulumiHome, "plugins", `resource-${name}-v${version}`);
  if (!existsSync(join(folder, `pulumi-resource-${name}`))) return undefined;
  return existsSync(join(folder, MARK)) ? readFileSync(join(folder, MARK), "utf8").trim() : "";
}

/**
 * @param {string} engine the toolchain folder
 * @param {string} name
 * @param {string} version
 * @param {string} file the plugin's folder or archive
 */
async function install(engine, name, version, file) {
  await step(`installing the Pulumi plugin ${name} ${version} into ${join(pulumiHome, "plugins")}`, () =>
    run(
      join(engine, "engine", "pulumi"),
      ["plugin", "install", "resource", name, version, "--reinstall", "--file", file],
      {
        env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
      },
    ),
  );
}

/**
 * The plugin `command`: the vendor's, or ours where it cannot be had.
 * @param {string} engine the toolchain folder
 */
export async function provideCommandPlugin(engine) {
  const version = versions.command;
  const sources = ["command-plugin", "plugin-kit", "versions.json"].map((name) => join(toolchain, name));
  const key = `command-${version}-${digestOf(...sources)}-${pluginPackagesDigest()}`;
  const installed = installedPlugin("command", version);
  const refresh = process.env.REFRESH === "1" && installed !== "";
  if ((installed === "" || installed === key) && !refresh) return;
  if (await installVendors(engine, "command", version)) return;
  if (installed === key) return;
  const folder = await part(key, async (unfinished) => {
    for (const source of sources)
      cpSync(source, join(unfinished, source.slice(toolchain.length)), { recursive: true });
    cpSync(
      join(toolchain, "command-plugin", "pulumi-resource-command"),
      join(unfinished, "pulumi-resource-command"),
    );
    copyPluginPackages(unfinished);
    writeFileSync(join(unfinished, MARK), `${key}\n`);
  });
  await install(engine, "command", version, folder);
}

/**
 * @param {string} engine
 * @param {string} name
 * @param {string} version
 */
async function installVendors(engine, name, version) {
  const downloads = mkdtempSync(join(tmpdir(), "guest-farm-"));
  try {
    const archive = join(downloads, "plugin.tar.gz");
    if (!(await fetchFromVendor(`the plugin ${name} ${version}`, archives.plugin(name, version), archive)))
      return false;
    await install(engine, name, version, archive);
    return true;
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

/**
 * The plugin `libvirt`: always ours, because nobody publishes one of this schema any more.
 * @param {string} engine the toolchain folder
 */
export async function provideLibvirtPlugin(engine) {
  const version = versions.libvirt;
  const module = join(toolchain, "libvirt-plugin");
  const key = `libvirt-${version}-${digestOf(module)}`;
  const installed = installedPlugin("libvirt", version);
  if (installed === "" || installed === key) return;
  const build = (/** @type {string} */ unfinished) =>
    step(
      `building the plugin libvirt ${version} (about 3 minutes the first time on this machine)`,
      async (report) => {
        const output = join(unfinished, "pulumi-resource-libvirt");
        await buildGo({ module, program: "./cmd/pulumi-resource-libvirt", output }, report);
        writeFileSync(join(unfinished, MARK), `${key}\n`);
      },
    );
  await install(engine, "libvirt", version, await part(key, build));
}
