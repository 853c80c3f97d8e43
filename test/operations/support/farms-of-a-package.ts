import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { isRunId } from "../../../cli/lifecycle/run-folder";
import { guestFiles } from "../../../hypervisor/guest-files";
import { RunResult } from "../../../phases/lifecycle/result";
import type { PulumiRun } from "../../e2e/support/farm-under-test";
import { succeeded } from "../../e2e/support/outcomes";
import { OwnProgram } from "../../e2e/support/own-program";
import { StartedPulumi } from "../../e2e/support/started-pulumi";
import { DISK_POOL, virsh } from "../../e2e/support/tiny-farm";
import { execute } from "../../support/execute";

const FIXTURES = resolve(__dirname, "../fixtures");

/** Guest of the program with a project, its long-lived guest, and the one of the farm file. */
export const [BOX, STAYS, TINY] = ["box", "stays", "tiny-amd64"] as const;

const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
import { BaseImage, CleanSnapshot, defineGuest, Guest, Hypervisor, ProvisionedGuest } from "guest-farm";

const config = new pulumi.Config();
const hypervisor = new Hypervisor("here", {});
const make = (name: string, keys: Record<string, unknown>) => {
  const definition = defineGuest({
    platform: "tiny", target: "amd64", type: "qemu", name, readiness: { timeout: 120 }, ...keys,
  });
  return { definition, image: definition.image };
};
const box = make("${BOX}", { leaseTimeout: config.getNumber("leaseTimeout") ?? 600 });
const stays = make("${STAYS}", { keepRunning: true, firstBootSnapshot: "first" });
const image = new BaseImage("tiny", { hypervisor, definition: box.image });
const built = new ProvisionedGuest("${BOX}", {
  guest: new Guest("${BOX}", { hypervisor, image, definition: box.definition }),
  project: {
    id: "own",
    revision: 1,
    phases: "phases",
    vars: { greeting: config.get("greeting") ?? "hello", seconds: config.getNumber("seconds") ?? 0 },
    secrets: { token: config.requireSecret("token") },
  },
});
new CleanSnapshot("${STAYS}", {
  guest: new Guest("${STAYS}", { hypervisor, image, definition: stays.definition }),
});

export const key = built.key;
`;

const FARM_PROGRAM = `module.exports = () =>
  require("guest-farm/program").runFarm({ programFolder: __dirname, stack: require("@pulumi/pulumi").getStack() });
`;

/** One of two Pulumi projects that use one installed package. */
export interface FarmOfAPackage {
  readonly folder: string;
  readonly stack: string;
}

/** Two farms of one installed package: a program of a user's own, and below it one with a farm file. */
export class FarmsOfAPackage {
  readonly program: FarmOfAPackage;
  readonly file: FarmOfAPackage;

  private constructor(
    readonly own: OwnProgram,
    readonly folder: string,
  ) {
    this.program = { folder, stack: own.stack };
    this.file = { folder: join(folder, "farm"), stack: `${own.stack}f` };
  }

  /** Makes the two projects with the package as packed from a commit, and their stacks. */
  static async make(commit: string): Promise<FarmsOfAPackage> {
    const own = await OwnProgram.make(join(FIXTURES, `guest-farm-${commit}.tgz`));
    const farms = new FarmsOfAPackage(own, own.folder);
    own.write("index.ts", PROGRAM);
    const phase = (name: string, ...lines: readonly string[]) => {
      for (const folder of ["phases", `farm/stacks/${farms.file.stack}/phases`]) {
        own.write(`${folder}/${name}.yaml`, stringify({ steps: [{ name, run: lines.join("\n") }] }));
      }
    };
    phase("dependencies", "touch /dependencies");
    phase("init", "cp /dependencies /init", "echo ${{ secrets.token }} | wc -c > /length");
    phase("main", "cat /length && echo ${{ vars.greeting }}", "sleep ${{ vars.seconds }}");
    phase("terminate", "rm /init");
    own.write("farm/Pulumi.yaml", stringify({ name: "guest-farm", main: "index.js", runtime: "nodejs" }));
    own.write("farm/index.js", FARM_PROGRAM);
    own.write(`farm/stacks/${farms.file.stack}/farm.yaml`, stringify(FARM_FILE));
    await farms.pulumi(farms.file, "stack", "init", farms.file.stack);
    for (const [farm, prefix] of [
      [farms.program, ""],
      [farms.file, "guest-farm:"],
    ] as const) {
      await farms.pulumi(farm, "config", "set", "--secret", `${prefix}token`, "not for everybody");
    }
    return farms;
  }

  /** Puts this repository's package into the place of the installed one, as a release: with a version of its own. */
  async upgrade(version: string): Promise<void> {
    const work = mkdtempSync(join(tmpdir(), "guest-farm-release-"));
    try {
      const tarball = await this.own.pack();
      succeeded(await execute("tar", ["-xzf", join(this.own.folder, tarball)], { cwd: work }));
      const manifest = join(work, "package", "package.json");
      const text = readFileSync(manifest, "utf8");
      writeFileSync(manifest, text.replace(/"version": "[^"]*"/, `"version": "${version}"`));
      const released = join(this.own.folder, `guest-farm-${version}.tgz`);
      succeeded(await execute("tar", ["-czf", released, "package"], { cwd: work }));
      await this.own.install(released);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }

  /** The same two farms in another folder, with the package that is installed now, on a copy of the state. */
  copyTo(folder: string): FarmsOfAPackage {
    cpSync(this.folder, folder, { recursive: true, verbatimSymlinks: true });
    return new FarmsOfAPackage(this.own, folder);
  }

  pulumi({ folder, stack }: FarmOfAPackage, ...args: readonly string[]): Promise<PulumiRun> {
    const all = [...args, "--non-interactive", ...(args.includes("init") ? [] : ["-s", stack])];
    return execute("pulumi", all, { cwd: folder, env: this.environment() });
  }

  up(farm: FarmOfAPackage, ...args: readonly string[]): Promise<PulumiRun> {
    return this.pulumi(farm, "up", "--yes", "--skip-preview", ...args);
  }

  /**
   * The first update, which boots the guests. The kernel of an emulated guest can panic at boot on a busy machine, and
   * what is done about it now the old package does not have: such guests get a second chance.
   */
  async bootedBy(farm: FarmOfAPackage): Promise<void> {
    const run = await this.up(farm);
    const panicked = [BOX, STAYS, TINY]
      .map((guest) => this.domain(farm, guest))
      .filter((domain) => consoleOf(domain).includes("Kernel panic"));
    if (run.exitCode === 0 || panicked.length === 0) {
      succeeded(run);
      return;
    }
    for (const domain of panicked) {
      if (virsh("domstate", domain).trim() === "running") virsh("destroy", domain);
    }
    succeeded(await this.up(farm));
  }

  /** Starts an update without waiting for it. */
  start({ folder, stack }: FarmOfAPackage): StartedPulumi {
    const argv = ["pulumi", "up", "-s", stack, "--yes", "--skip-preview", "--non-interactive"];
    return new StartedPulumi(argv, { cwd: folder, env: this.environment() });
  }

  private environment(): NodeJS.ProcessEnv {
    return { ...this.own.environment(), PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}` };
  }

  domain({ stack }: FarmOfAPackage, guest: string): string {
    return `${stack}.${guest}`;
  }

  /** The last result of a guest. */
  result(farm: FarmOfAPackage, guest: string): RunResult {
    return RunResult.parse(JSON.parse(readFileSync(join(this.results(farm, guest), "result.json"), "utf8")));
  }

  /** What a phase of the newest run has printed so far, whether the run has ended or not. */
  log(farm: FarmOfAPackage, guest: string, phase: string): string {
    const folder = this.results(farm, guest);
    const run = readdirSync(folder).filter(isRunId).sort().at(-1) ?? "";
    const log = join(folder, run, `${phase}.log`);
    return existsSync(log) ? readFileSync(log, "utf8") : "";
  }

  private results({ folder, stack }: FarmOfAPackage, guest: string): string {
    return join(folder, ".guest-farm", stack, guest);
  }
}

function consoleOf(domain: string): string {
  const { console: file } = guestFiles(DISK_POOL, domain);
  return existsSync(file) ? readFileSync(file, "latin1") : "";
}

const FARM_FILE = {
  hypervisors: { local: {} },
  guests: { list: [{ platform: "tiny", target: "amd64", type: "qemu", readiness: { timeout: 120 } }] },
  project: {
    id: "acme",
    revision: 1,
    phases: "phases",
    secrets: ["token"],
    vars: { greeting: "hello", seconds: 0 },
  },
};
