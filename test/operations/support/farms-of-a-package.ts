import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { isRunId } from "../../../cli/lifecycle/run-folder";
import { RunResult } from "../../../phases/lifecycle/result";
import type { PulumiRun } from "../../e2e/support/farm-under-test";
import { OwnProgram } from "../../e2e/support/own-program";
import { StartedPulumi } from "../../e2e/support/started-pulumi";
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
    platform: "tiny", target: "amd64", type: "qemu", name, readiness: { timeout: 300 }, ...keys,
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

const FARM_FILE = {
  hypervisors: { local: {} },
  guests: { list: [{ platform: "tiny", target: "amd64", type: "qemu", readiness: { timeout: 300 } }] },
  project: {
    id: "acme",
    revision: 1,
    phases: "phases",
    secrets: ["token"],
    vars: { greeting: "hello", seconds: 0 },
  },
};
