// The Pulumi CLI with its host for Node programs, as a folder with `bin/` (for PATH) and `engine/` (the real programs).

import { cpSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { say, step } from "../lib/console.mjs";
import { hasPart, part } from "../lib/parts.mjs";
import { digestOf, digestOfText, findInstalled, isExecutable, toolchain, versions } from "../lib/places.mjs";
import { ask, run } from "../lib/run.mjs";
import { archives, fetchFromVendor } from "../lib/vendor.mjs";
import { buildGo } from "./go.mjs";
import { copyPluginPackages, pluginPackagesDigest } from "./node-modules.mjs";

const LANGUAGE_HOST = "pulumi-language-nodejs";
const DYNAMIC_PROVIDERS = "pulumi-resource-pulumi-nodejs";

const launcher = join(toolchain, "bin");
const hostSources = [join(toolchain, "language-host"), join(toolchain, "plugin-kit")];

/**
 * Finds, downloads or builds the CLI, in this order.
 * @returns {Promise<string>} its folder
 */
export async function provideEngine() {
  return (await useInstalled()) ?? (await useVendors()) ?? (await useBuilt());
}

/** @param {string} folder */
function addLauncher(folder) {
  cpSync(launcher, join(folder, "bin"), { recursive: true });
  mkdirSync(join(folder, "engine"), { recursive: true });
}

/** The user's own CLI, when it is new enough and has a host for Node programs. */
async function useInstalled() {
  const path = findInstalled("pulumi");
  if (!path) return undefined;
  const hasHost =
    isExecutable(join(dirname(path), LANGUAGE_HOST)) || findInstalled(LANGUAGE_HOST) !== undefined;
  const key = `pulumi-installed-${digestOfText(path)}-${digestOf(launcher)}`;
  if (hasHost && hasPart(key)) return await part(key, async () => {});
  const version = ask(path, ["version"]) ?? "unknown";
  if (!hasHost || !isNewEnough(version)) {
    const why = hasHost ? `older than ${versions.pulumi}` : `without ${LANGUAGE_HOST}`;
    say(`- pulumi: ${path} (${version}) is ${why} and not used`);
    return undefined;
  }
  say(`- pulumi: using ${path} (${version})`);
  return await part(key, async (folder) => {
    addLauncher(folder);
    symlinkSync(path, join(folder, "engine", "pulumi"));
  });
}

/**
 * @param {string} found such as "v3.231.1"
 * @returns {boolean} whether it has the same major version and is not older
 */
function isNewEnough(found) {
  const [major, minor] = found.replace(/^v/, "").split(".").map(Number);
  const [wantedMajor, wantedMinor] = versions.pulumi.split(".").map(Number);
  return major === wantedMajor && Number(minor) >= Number(wantedMinor);
}

/** The vendor's release. */
async function useVendors() {
  const key = `pulumi-${versions.pulumi}-vendor-${digestOf(launcher)}`;
  if (hasPart(key)) return await part(key, async () => {});
  const downloads = mkdtempSync(join(tmpdir(), "guest-farm-"));
  try {
    const archive = join(downloads, "pulumi.tar.gz");
    if (!(await fetchFromVendor(`pulumi ${versions.pulumi}`, archives.pulumi(versions.pulumi), archive)))
      return undefined;
    return await part(key, async (folder) => {
      addLauncher(folder);
      await run("tar", ["-xzf", archive, "--strip-components=1", "-C", join(folder, "engine")]);
    });
  } finally {
    rmSync(downloads, { recursive: true, force: true });
  }
}

/** The CLI built from its Go module, with our own language host beside it. */
async function useBuilt() {
  const key = `pulumi-${versions.pulumi}-built-${digestOf(launcher, ...hostSources)}-${pluginPackagesDigest()}`;
  if (hasPart(key)) return await part(key, async () => {});
  const cli = await buildCli();
  return await part(key, async (folder) => {
    addLauncher(folder);
    const engine = join(folder, "engine");
    // Not a symbolic link: the CLI looks for its plugins beside the file that a link leads to.
    linkSync(cli, join(engine, "pulumi"));
    for (const source of hostSources)
      cpSync(source, join(engine, source.slice(toolchain.length)), { recursive: true });
    for (const program of [LANGUAGE_HOST, DYNAMIC_PROVIDERS])
      copyFileSync(join(toolchain, "language-host", program), join(engine, program));
    copyPluginPackages(engine);
  });
}

/** @returns {Promise<string>} the file */
async function buildCli() {
  const module = join(toolchain, "engine");
  const pins = ["go.mod", "go.sum"].map((name) => join(module, name));
  const folder = await part(`pulumi-cli-${versions.pulumi}-${digestOf(...pins)}`, (unfinished) =>
    step(
      `building pulumi ${versions.pulumi} from its Go module (about 3 minutes the first time on this machine)`,
      (report) =>
        buildGo(
          {
            module,
            program: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
            output: join(unfinished, "pulumi"),
            linkerFlags: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${versions.pulumi}`,
          },
          report,
        ),
    ),
  );
  return join(folder, "pulumi");
}
