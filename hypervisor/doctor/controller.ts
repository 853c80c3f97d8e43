import { z } from "zod";
import type { Shell } from "../../connections/shell";
import { atLeast } from "../../definitions/version-order";
import { check, type Check } from "./check";

const SETUP = "make setup, then put the folder that it names on PATH";

/** What the machine that runs Pulumi needs. Never throws for something that is missing. */
export async function checkController(shell: Shell): Promise<readonly Check[]> {
  const listed = outputOf(shell, ["pulumi", "plugin", "ls", "--json"]).then(({ stdout }) =>
    parsePlugins(stdout),
  );
  return Promise.all([
    Promise.resolve(checkNode(process.versions.node)),
    checkOpenSsh(shell),
    checkPulumi(shell),
    checkPlugin(shell, "libvirt", listed),
    checkPlugin(shell, "command", listed),
  ]);
}

export function checkNode(version: string): Check {
  return check("node", version, "20 or newer", {
    passed: atLeast(version, "20"),
    otherwise: "error",
    remedy: "install Node.js 20",
  });
}

/** The first release that knows every option of the configurations that we write. */
const OPENSSH = "8.5";

async function checkOpenSsh(shell: Shell): Promise<Check> {
  // On standard error, in every release so far.
  const { stdout, stderr } = await outputOf(shell, ["ssh", "-V"]);
  const version = /OpenSSH_(?:for_Windows_)?([\d.]+)/.exec(stdout + stderr)?.[1];
  return check("ssh", version ?? "nothing", `OpenSSH ${OPENSSH} or newer`, {
    passed: version !== undefined && atLeast(version, OPENSSH),
    otherwise: "error",
    remedy: "apt-get install openssh-client",
  });
}

async function checkPulumi(shell: Shell): Promise<Check> {
  const { stdout } = await outputOf(shell, ["pulumi", "version"]);
  const version = /v?(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  return check("pulumi", version ?? "nothing", "3.x", {
    passed: version?.startsWith("3.") === true,
    otherwise: "error",
    remedy: SETUP,
  });
}

const PluginList = z.array(z.object({ name: z.string(), kind: z.string(), version: z.string().optional() }));
type PluginList = z.infer<typeof PluginList>;

/** A plugin is installed in the Pulumi home, or stands on PATH under its program's name. */
async function checkPlugin(shell: Shell, name: string, listed: Promise<PluginList>): Promise<Check> {
  const versions = (await listed)
    .filter((plugin) => plugin.name === name && plugin.kind === "resource")
    .map(({ version }) => version ?? "unknown version");
  const { stdout } = await outputOf(shell, ["sh", "-c", 'command -v "$1"', "sh", `pulumi-resource-${name}`]);
  const found = versions.join(", ") || stdout.trim().split("\n")[0] || "nothing";
  return check(`plugin ${name}`, found, "installed", {
    passed: found !== "nothing",
    otherwise: "error",
    remedy: SETUP,
  });
}

function parsePlugins(text: string): PluginList {
  try {
    return PluginList.parse(JSON.parse(text));
  } catch {
    return [];
  }
}

/** What a program says; nothing when it cannot be run or fails. */
async function outputOf(shell: Shell, argv: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  try {
    const { exitCode, stdout, stderr } = await shell.run({ argv, timeoutMs: 20_000 });
    if (exitCode === 0) return { stdout, stderr };
  } catch {
    // It is not there: the check says so.
  }
  return { stdout: "", stderr: "" };
}
