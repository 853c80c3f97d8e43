import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { RunResult } from "../../../phases/lifecycle/result";
import { execute } from "../../support/execute";
import type { PulumiRun } from "./farm-under-test";
import { succeeded } from "./outcomes";

export const REPOSITORY = resolve(__dirname, "../../..");

/** Name of the one guest in the program. */
const GUEST = "box";

/** Newer than the one that the package is built with, and the last for Node 20. */
const USERS_SDK = "3.248.0";

/** What `pulumi new typescript` writes, and the package beside it. */
function packageJson(tarball: string): string {
  const { devDependencies } = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as Record<
    string,
    Record<string, string>
  >;
  return JSON.stringify({
    name: "own",
    main: "index.ts",
    dependencies: {
      "@pulumi/pulumi": USERS_SDK,
      "guest-farm": `file:${tarball}`,
    },
    devDependencies: {
      "@types/node": devDependencies?.["@types/node"],
      typescript: devDependencies?.["typescript"],
    },
  });
}

const TSCONFIG = JSON.stringify({
  compilerOptions: {
    strict: true,
    outDir: "bin",
    target: "es2020",
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
  },
  files: ["index.ts"],
});

const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
import { BaseImage, defineGuest, Guest, Hypervisor, ProvisionedGuest } from "guest-farm";

const config = new pulumi.Config();
const hypervisor = new Hypervisor("here", {});
const definition = defineGuest({
  platform: "tiny",
  target: "amd64",
  name: "${GUEST}",
  type: "qemu",
  readiness: { timeout: 300 },
});
const image = new BaseImage("tiny", { hypervisor, definition: definition.image });
const guest = new Guest("${GUEST}", { hypervisor, image, definition });
const built = new ProvisionedGuest("${GUEST}", {
  guest,
  project: {
    id: "own",
    revision: 1,
    phases: "phases",
    vars: { greeting: config.get("greeting") ?? "hello" },
  },
});

export const snapshot = built.init.snapshot;
`;

/** A user's own Pulumi project: a program that imports the packed package, far from this repository. */
export class OwnProgram {
  readonly stack = `t${randomBytes(4).toString("hex")}`;
  readonly guest = GUEST;
  readonly folder = mkdtempSync(join(tmpdir(), "guest-farm-own-"));

  private constructor() {
    mkdirSync(join(this.folder, "state"));
  }

  /**
   * Writes the project, installs what it names, and makes its stack.
   * @param tarball the package; default: the repository, packed
   */
  static async make(tarball?: string): Promise<OwnProgram> {
    const own = new OwnProgram();
    own.write("tsconfig.json", TSCONFIG);
    own.write("Pulumi.yaml", "name: own\nruntime: nodejs\n");
    own.write("index.ts", PROGRAM);
    await own.install(tarball ?? (await own.pack()));
    succeeded(await own.pulumi("stack", "init", own.stack));
    return own;
  }

  /** Packs the repository. @returns the tarball's path in the project, as `package.json` has it */
  async pack(): Promise<string> {
    const argv = ["pack", "--loglevel", "error", "--pack-destination", this.folder];
    const { output } = succeeded(await execute("npm", argv, { cwd: REPOSITORY }));
    const lines = output.trim().split("\n");
    return lines.find((line) => line.endsWith(".tgz")) ?? "";
  }

  /** Installs the package, in the place of the one that is there. */
  async install(tarball: string): Promise<void> {
    this.write("package.json", packageJson(tarball));
    const argv = ["install", "--loglevel", "error", "--prefer-offline", "--no-audit", "--no-fund"];
    succeeded(await execute("npm", argv, { cwd: this.folder }));
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Puts another text into the program. @returns a function that takes it back */
  edit(before: string, after: string): () => void {
    const text = readFileSync(join(this.folder, "index.ts"), "utf8");
    if (!text.includes(before)) throw new Error(`the program has no ${before}`);
    this.write("index.ts", text.replace(before, after));
    return () => this.write("index.ts", text);
  }

  pulumi(...args: readonly string[]): Promise<PulumiRun> {
    return execute("pulumi", [...args, "--non-interactive"], {
      cwd: this.folder,
      env: this.environment(),
    });
  }

  /** Environment of the CLI. */
  environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "only for tests",
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  }

  /** The last result of the guest. */
  result(): RunResult {
    const file = join(this.folder, ".guest-farm", this.stack, GUEST, "result.json");
    return RunResult.parse(JSON.parse(readFileSync(file, "utf8")));
  }

  /** Log of a phase in the last run. */
  log(phase: string): string {
    const run = join(this.folder, ".guest-farm", this.stack, GUEST, this.result().runId);
    return readFileSync(join(run, `${phase}.log`), "utf8");
  }

  /** Destroys the stack if that has not happened yet, and removes everything. */
  async remove(): Promise<void> {
    succeeded(await this.pulumi("destroy", "-s", this.stack, "--yes", "--skip-preview"));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
