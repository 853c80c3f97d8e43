import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { readProcess } from "../../connections/process/process-table";
import type { LifecycleSpec } from "../../cli/lifecycle/spec";
import { fileSlug } from "../../hypervisor/guest-files";
import { RunResult } from "../../phases/lifecycle/result";
import { World } from "./fake-rooms";
import { lifecycleSpec } from "./lifecycle-spec";

const WAIT_MS = 20_000;
const PROJECT_ROOT = join(__dirname, "..", "..");

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with a world and a program's folder in it, and the runs that were started there. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "guest-farm-test-"));
  readonly world = new World(join(this.folder, "world"));
  readonly base = join(this.folder, "program");
  private readonly started: StartedRun[] = [];

  spec(over: Partial<LifecycleSpec["settings"]> = {}): LifecycleSpec {
    return lifecycleSpec(this.world.folder, over);
  }

  /** Starts a front, alone or below other processes. */
  start(
    spec: LifecycleSpec | string = this.spec(),
    below: "nothing" | "sh" | "pulumi" = "nothing",
  ): StartedRun {
    const run = new StartedRun(this, typeof spec === "string" ? spec : JSON.stringify(spec), below);
    this.started.push(run);
    return run;
  }

  async run(spec?: LifecycleSpec | string): Promise<Ended> {
    return this.start(spec).ended;
  }

  /** The folder of the guest's results. */
  get results(): string {
    return join(this.base, ".guest-farm", fileSlug("test stack"), fileSlug("tiny/amd64"));
  }

  get result(): RunResult {
    return RunResult.parse(JSON.parse(readFileSync(join(this.results, "result.json"), "utf8")));
  }

  get runs(): readonly string[] {
    return readdirSync(this.results).filter((name) => name !== "result.json");
  }

  inRun(name: string, run: string = this.runs.at(-1) ?? ""): string {
    return readFileSync(join(this.results, run, name), "utf8");
  }

  /** Waits until something is in the trace. */
  async traced(line: string, times = 1): Promise<void> {
    await until(
      `"${line}" in the trace`,
      () => this.world.trace.filter((entry) => entry === line).length >= times,
    );
  }

  /** Waits until no supervisor holds the lease. */
  async quiet(): Promise<void> {
    await until("the lease to be free", () => this.world.holder === null);
    await until("the connections to be closed", () => this.world.trace.at(-1) === "close");
  }

  /** Ends what is still running. */
  async clean(): Promise<void> {
    for (const run of this.started) run.kill("SIGKILL");
    const holder = this.world.holder;
    if (holder !== null) endProcess(holder.pid);
    await delay(0);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20 });
  }
}

/** A front that was started, with what it is below. */
export class StartedRun {
  readonly top: ChildProcess;
  readonly ended: Promise<Ended>;

  constructor(bench: Bench, spec: string, below: "nothing" | "sh" | "pulumi") {
    const front = [process.execPath, "--require", "tsx/cjs", join(__dirname, "fake-front.ts"), bench.base];
    // `exit` after the program keeps the shell from being replaced by it.
    const script = `"$@"; exit $?`;
    const sh = ["sh", "-c", script, "sh", ...front];
    const [program = "", ...args] =
      below === "nothing"
        ? front
        : below === "sh"
          ? sh
          : [engineIn(bench.folder), "-c", script, "pulumi", ...sh];
    this.top = spawn(program, args, { cwd: PROJECT_ROOT, stdio: ["pipe", "pipe", "pipe"], detached: true });
    this.top.stdin?.on("error", () => undefined);
    this.top.stdin?.end(spec);
    this.ended = collect(this.top);
  }

  kill(signal: NodeJS.Signals): void {
    if (this.top.exitCode === null && this.top.signalCode === null) this.top.kill(signal);
  }

  /** The process of the front itself, below what it was started from. */
  get frontPid(): number {
    let pid = this.top.pid ?? 0;
    for (
      let child = childOf(pid);
      child !== undefined && readProcess(pid)?.name !== "node";
      child = childOf(pid)
    ) {
      pid = child;
    }
    return pid;
  }
}

export async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`waited ${WAIT_MS / 1000} s for ${what}`);
    await delay(20);
  }
}

export function isAlive(pid: number): boolean {
  return readProcess(pid) !== null;
}

export function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** A shell under the engine's name. */
function engineIn(folder: string): string {
  const path = join(folder, "pulumi");
  copyFileSync("/bin/sh", path);
  return path;
}

function childOf(pid: number): number | undefined {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? undefined : Number(text.split(" ")[0]);
}

async function collect(child: ChildProcess): Promise<Ended> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => (texts[name] += chunk.toString()));
  }
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal, ...texts })));
}
