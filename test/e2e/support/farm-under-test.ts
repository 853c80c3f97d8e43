import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { fileSlug } from "../../../hypervisor/guest-files";
import { RunResult } from "../../../phases/lifecycle/result";
import { allProcesses, mayOutliveEngine, type SeenProcess } from "../../support/processes";
import { StartedPulumi } from "./started-pulumi";

const REPOSITORY = resolve(__dirname, "../../..");
/** What a program finds in its own `node_modules`, as after an installation. */
const CLI = join(REPOSITORY, "dist", "cli", "main.js");
const LINKS = {
  "guest-farm": ".",
  "@pulumi": "node_modules/@pulumi",
  yaml: "node_modules/yaml",
  zod: "node_modules/zod",
};
const PROGRAM = `module.exports = () =>
  require("guest-farm/program").runFarm({ programFolder: __dirname, stack: require("@pulumi/pulumi").getStack() });
`;

/** Variable in the environment of all processes of a farm under test; its value is the stack. */
const MARK = "GUEST_FARM_UNDER_TEST";

/** What a Pulumi command left behind. */
export interface PulumiRun {
  readonly exitCode: number;
  /** Standard output and error, in one text. */
  readonly output: string;
}

/** A farm file as data. */
export type FarmFile = Record<string, unknown>;

/**
 * A farm of its own for a test: a program folder with farm file and phase files, a state, and the real CLI on them.
 * Domains are named after the random stack, so that tests never meet.
 */
export class FarmUnderTest {
  readonly stack: string;
  readonly folder: string;

  constructor(
    readonly state: string,
    stack?: string,
  ) {
    this.stack = stack ?? `t${randomBytes(4).toString("hex")}`;
    this.folder = mkdtempSync(join(tmpdir(), "guest-farm-e2e-"));
    mkdirSync(join(this.folder, "node_modules"));
    mkdirSync(this.temporary);
    for (const [name, target] of Object.entries(LINKS)) {
      symlinkSync(join(REPOSITORY, target), join(this.folder, "node_modules", name));
    }
    this.write("Pulumi.yaml", stringify({ name: "guest-farm", main: "index.js", runtime: RUNTIME }));
    this.write("package.json", JSON.stringify({ name: "farm-under-test", private: true }));
    this.write("index.js", PROGRAM);
  }

  /** A farm with a state of its own. */
  static fresh(): FarmUnderTest {
    return new FarmUnderTest(mkdtempSync(join(tmpdir(), "guest-farm-state-")));
  }

  /** Another checkout of the same farm on the same state. */
  anotherCheckout(): FarmUnderTest {
    return this.checkoutOn(this.state);
  }

  /** Another checkout of the same farm, on a copy of its state: another backend that knows the same guests. */
  copyOfState(): FarmUnderTest {
    const copy = mkdtempSync(join(tmpdir(), "guest-farm-state-"));
    cpSync(this.state, copy, { recursive: true });
    return this.checkoutOn(copy);
  }

  /** Another stack on the same backend, in a checkout of its own with the same files. */
  anotherStack(): FarmUnderTest {
    const other = new FarmUnderTest(this.state);
    cpSync(join(this.folder, "stacks"), join(other.folder, "stacks"), { recursive: true });
    return other;
  }

  private checkoutOn(state: string): FarmUnderTest {
    const other = new FarmUnderTest(state, this.stack);
    cpSync(join(this.folder, "stacks"), join(other.folder, "stacks"), { recursive: true });
    cpSync(join(this.folder, `Pulumi.${this.stack}.yaml`), join(other.folder, `Pulumi.${this.stack}.yaml`));
    return other;
  }

  /** Writes a file of the program folder. */
  write(path: string, text: string | Buffer): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Removes a file of the program folder. */
  forgetFile(path: string): void {
    rmSync(join(this.folder, path));
  }

  farm(farm: FarmFile): void {
    this.write(`stacks/${this.stack}/farm.yaml`, stringify(farm));
  }

  /** Writes a phase file, by its path below the folder of phases: `main.yaml`, `tiny/main.yaml`. */
  phase(path: string, ...steps: readonly Record<string, unknown>[]): void {
    this.write(`stacks/${this.stack}/phases/${path}`, stringify({ steps }));
  }

  /** Environment of the CLI. */
  environment(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE: "only for tests",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
      TMPDIR: this.temporary,
      [MARK]: this.stack,
    };
  }

  /** Folder for temporary files of all processes of this checkout. */
  get temporary(): string {
    return join(this.folder, "tmp");
  }

  /** Processes of this farm that run now: all that were started by its commands, however far down. */
  processes(): SeenProcess[] {
    return allProcesses().filter(({ environment }) => environment.includes(`${MARK}=${this.stack}`));
  }

  /** Those that must be gone when a run is over: without Pulumi's own idle plugins, which stay. */
  remaining(): SeenProcess[] {
    return this.processes().filter((process) => !mayOutliveEngine(process));
  }

  /** Starts an update without waiting for it; `wrapper` is a program that runs it. */
  start(options: { readonly wrapper?: (argv: readonly string[]) => readonly string[] } = {}): StartedPulumi {
    const argv = ["pulumi", "up", "-s", this.stack, "--yes", "--skip-preview", "--non-interactive"];
    const { wrapper = (plain: readonly string[]) => plain } = options;
    return new StartedPulumi(wrapper(argv), { cwd: this.folder, env: this.environment() });
  }

  pulumi(...args: readonly string[]): Promise<PulumiRun> {
    return this.run("pulumi", [...args, "--non-interactive"]);
  }

  /** Runs `guest-farm` on this stack. */
  cli(command: string, ...args: readonly string[]): Promise<PulumiRun> {
    return this.run(process.execPath, [CLI, command, "-s", this.stack, ...args]);
  }

  /** The user who runs the commands; default: the one who runs the tests. */
  protected runsAs(): { readonly uid?: number; readonly gid?: number } {
    return {};
  }

  private run(program: string, args: readonly string[]): Promise<PulumiRun> {
    const options = {
      cwd: this.folder,
      env: this.environment(),
      maxBuffer: 64 * 1024 * 1024,
      ...this.runsAs(),
    };
    return new Promise((resolve) => {
      execFile(program, [...args], options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
        resolve({ exitCode, output: stdout + stderr });
      });
    });
  }

  async init(): Promise<void> {
    const run = await this.pulumi("stack", "init", this.stack);
    if (run.exitCode !== 0) throw new Error(run.output);
  }

  up(...args: readonly string[]): Promise<PulumiRun> {
    return this.pulumi("up", "-s", this.stack, "--yes", "--skip-preview", ...args);
  }

  preview(...args: readonly string[]): Promise<PulumiRun> {
    return this.pulumi("preview", "-s", this.stack, "--diff", ...args);
  }

  refresh(): Promise<PulumiRun> {
    return this.pulumi("refresh", "-s", this.stack, "--yes", "--skip-preview");
  }

  /** Sets a key of the stack's configuration; `guest-farm:` is put before it. */
  async config(key: string, value: string, ...flags: readonly string[]): Promise<void> {
    const run = await this.pulumi("config", "set", "-s", this.stack, ...flags, `guest-farm:${key}`, value);
    if (run.exitCode !== 0) throw new Error(run.output);
  }

  /** Folder of a guest's results. */
  results(guest: string): string {
    return join(this.folder, ".guest-farm", fileSlug(this.stack), fileSlug(guest));
  }

  /** The last result of a guest. */
  result(guest: string): RunResult {
    return RunResult.parse(JSON.parse(readFileSync(join(this.results(guest), "result.json"), "utf8")));
  }

  /** Folder of a guest's last run. */
  lastRun(guest: string): string {
    return join(this.results(guest), this.result(guest).runId);
  }

  /** Reads a file of a guest's last run: `main.log`, `artifacts/report.xml`. */
  kept(guest: string, path: string): string {
    return readFileSync(join(this.lastRun(guest), path), "utf8");
  }

  /** The phases of the last run that acted, in order. */
  acted(guest: string): string[] {
    return this.result(guest).phases.flatMap(({ name, status }) => (status === "skipped" ? [] : [name]));
  }

  /** Removes the folders alone: of a checkout or of a copy of the state. */
  forget(): void {
    rmSync(this.state, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Destroys the stack and removes the folders; the state too, unless another checkout still needs it. */
  async remove(): Promise<void> {
    if (existsSync(this.state)) {
      const run = await this.pulumi("destroy", "-s", this.stack, "--yes", "--skip-preview");
      if (run.exitCode !== 0 && !run.output.includes("no stack named")) throw new Error(run.output);
      rmSync(this.state, { recursive: true, force: true });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const RUNTIME = { name: "nodejs", options: { typescript: false } };
