import { spawn, type ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";

const CHECKOUT = resolve(__dirname, "../..");

/** How a `pulumi` command ended. */
export interface PulumiRun {
  readonly code: number | null;
  readonly output: string;
}

/** One resource of the state, as `pulumi stack export` gives it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

export interface PulumiProjectOptions {
  /** A JavaScript file: the program. */
  readonly program: string;
  /** npm packages that the program may require, from the checkout's `node_modules`. */
  readonly packages: readonly string[];
  /** Resource plugins as `name@version`, by the program that is the plugin; default: those of the Pulumi home. */
  readonly plugins: Readonly<Record<string, string | undefined>>;
  /** Environment variables of every command. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A Pulumi project in a folder of its own, with its own backend and Pulumi home, for one test file. */
export class PulumiProject {
  readonly folder = mkdtempSync(join(tmpdir(), "gf-pulumi-"));
  readonly environment: NodeJS.ProcessEnv;

  constructor(options: PulumiProjectOptions) {
    const home = join(this.folder, "home");
    mkdirSync(join(this.folder, "state"));
    for (const name of options.packages)
      link(join(CHECKOUT, "node_modules", name), join(this.folder, "node_modules", name));
    for (const [plugin, program] of Object.entries(options.plugins)) installPlugin(home, plugin, program);
    writeFileSync(
      join(this.folder, "Pulumi.yaml"),
      `name: throw-away\nruntime: { name: nodejs, options: { typescript: false } }\nmain: ${options.program}\n`,
    );
    writeFileSync(join(this.folder, "package.json"), '{ "name": "throw-away" }\n');
    this.environment = {
      ...process.env,
      PATH: [join(CHECKOUT, ".guest-farm", "toolchain", "bin"), process.env.PATH].join(delimiter),
      NODE_PATH: join(this.folder, "node_modules"),
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "throw-away",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      ...options.environment,
    };
  }

  /** Starts `pulumi` without waiting for it; `output` grows while it runs. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): RunningPulumi {
    return new RunningPulumi(
      spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
        cwd: this.folder,
        env: { ...this.environment, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
  }

  /** Runs `pulumi` to its end. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<PulumiRun> {
    return this.start(args, environment).ended;
  }

  /** The resources of the stack. */
  async resources(): Promise<readonly StateResource[]> {
    const { output } = await this.run(["stack", "export"]);
    const exported = JSON.parse(output) as { deployment: { resources?: StateResource[] } };
    return exported.deployment.resources ?? [];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A `pulumi` command that runs. */
export class RunningPulumi {
  output = "";
  readonly ended: Promise<PulumiRun>;

  constructor(readonly child: ChildProcess) {
    const collect = (chunk: Buffer): void => void (this.output += chunk.toString());
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    this.ended = new Promise((done, fail) => {
      child.once("error", fail);
      child.once("close", (code) => done({ code, output: this.output }));
    });
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}

function installPlugin(home: string, plugin: string, program: string | undefined): void {
  const [name = "", version = ""] = plugin.split("@");
  const folder = `resource-${name}-v${version}`;
  const installed = join(process.env.PULUMI_HOME ?? join(userInfo().homedir, ".pulumi"), "plugins", folder);
  const target = program ?? join(installed, `pulumi-resource-${name}`);
  if (!existsSync(target)) throw new Error(`the plugin ${plugin} is not at ${target}: run \`make setup\``);
  const shim = join(home, "plugins", folder, `pulumi-resource-${name}`);
  mkdirSync(dirname(shim), { recursive: true });
  writeFileSync(shim, `#!/bin/sh\nexec '${target}' "$@"\n`);
  chmodSync(shim, 0o755);
}

/** The processes whose command line contains a text. */
export function processesWith(text: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => commandLine(name).includes(text))
    .map(Number);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** Waits until something holds; fails after `seconds` with what was waited for. */
export async function eventually(what: string, holds: () => boolean, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}
