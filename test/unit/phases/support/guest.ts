import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../../../connections/local";
import type {
  CopyOptions,
  FetchOptions,
  GuestConnection,
  GuestScript,
  ReadinessOptions,
} from "../../../../connections/guest-connection";
import type { CommandResult } from "../../../../connections/shell";
import type { PhaseOutcome } from "../../../../phases/lifecycle/ports";
import type { FilePhase } from "../../../../phases/lifecycle/phase-names";
import { createPhaseRunner } from "../../../../phases/steps/phase-runner";
import type { StepLog, StepPorts } from "../../../../phases/steps/ports";
import { loadFiles, type Overrides } from "./project";

export interface Sent {
  readonly path: string;
  readonly content: string;
  readonly options: CopyOptions;
}

/** A guest whose scripts run in a folder of this machine, as the user who runs the tests. */
export class FakeGuest implements GuestConnection {
  readonly description = "a fake guest";
  readonly scripts: GuestScript[] = [];
  readonly written: Sent[] = [];
  readonly copied: { from: string; to: string; options: CopyOptions }[] = [];
  readonly fetched: { from: string; to: string; options: FetchOptions }[] = [];
  drops = 0;
  /** Answers to scripts in place of running them. */
  answer: ((script: GuestScript) => Promise<CommandResult> | CommandResult | undefined) | undefined;
  alive: () => boolean = () => true;
  ready: (options: ReadinessOptions) => Promise<void> = () => Promise.resolve();

  constructor(readonly home: string) {}

  async run(script: GuestScript): Promise<CommandResult> {
    this.scripts.push(script);
    script.signal?.throwIfAborted();
    const answer = await this.answer?.(script);
    if (answer !== undefined) return answer;
    const exports = Object.entries(script.env ?? {}).map(([name, value]) => [`${name}=${value}`]);
    return openLocalShell().run({
      argv: [
        "env",
        "-C",
        join(this.home, script.dir ?? ""),
        ...exports.flat(),
        script.shell,
        "-c",
        script.text,
      ],
      timeoutMs: script.timeoutMs,
      ...(script.stdin === undefined ? {} : { stdin: script.stdin }),
      ...(script.signal === undefined ? {} : { signal: script.signal }),
      ...(script.onOutput === undefined ? {} : { onOutput: script.onOutput }),
    });
  }

  write(path: string, content: Buffer, options: CopyOptions): Promise<void> {
    this.written.push({ path, content: content.toString(), options });
    return Promise.resolve();
  }

  copyTo(from: string, to: string, options: CopyOptions): Promise<void> {
    this.copied.push({ from, to, options });
    return Promise.resolve();
  }

  copyFrom(from: string, to: string, options: FetchOptions): Promise<void> {
    this.fetched.push({ from, to, options });
    return Promise.resolve();
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  waitUntilReady(options: ReadinessOptions): Promise<void> {
    return this.ready(options);
  }

  answers(): Promise<boolean> {
    return Promise.resolve(this.alive());
  }

  drop(): Promise<void> {
    this.drops++;
    return Promise.resolve();
  }

  refresh = () => Promise.resolve([]);
  syncFileSystems = () => Promise.resolve();
  close = () => Promise.resolve();
}

/** Keeps what a phase tells, as short lines. Output is only counted and its end kept. */
export class FakeLog implements StepLog {
  readonly lines: string[] = [];
  bytes = 0;
  tail = "";

  stepStarted(phase: FilePhase, step: { number: number; count: number; name: string }): void {
    this.lines.push(`${phase} ${step.number}/${step.count} ${step.name}`);
  }

  output(_phase: FilePhase, _stream: "stdout" | "stderr", chunk: Buffer): void {
    this.bytes += chunk.length;
    this.tail = (this.tail + chunk.toString("latin1")).slice(-10_000);
  }

  note(_phase: FilePhase, text: string): void {
    this.lines.push(`  ${text}`);
  }

  stepEnded(_phase: FilePhase, _step: object, status: string): void {
    this.lines.push(`  ${status}`);
  }
}

/** A clock whose sleeps take no time. */
export class FakeClock {
  private time = Date.parse("2026-01-01T00:00:00Z");
  readonly sleeps: number[] = [];

  now(): Date {
    return new Date(this.time);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.time += ms;
    return Promise.resolve();
  }
}

export interface Bench {
  readonly guest: FakeGuest;
  readonly log: FakeLog;
  readonly clock: FakeClock;
  readonly checkpoints: string[];
  readonly artifacts: string;
  /** The project's folder. */
  readonly project: string;
  run(phase?: FilePhase, signal?: AbortSignal): Promise<PhaseOutcome>;
}

const folders: string[] = [];

export function removeBenches(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A runner of phases over a fake guest. */
export async function bench(
  files: Readonly<Record<string, string>>,
  overrides: Overrides = {},
  ports: Partial<StepPorts> = {},
): Promise<Bench> {
  const loaded = await loadFiles(files, overrides);
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  folders.push(folder);
  const home = join(folder, "home");
  mkdirSync(home);
  const guest = new FakeGuest(home);
  const log = new FakeLog();
  const clock = new FakeClock();
  const checkpoints: string[] = [];
  const artifacts = join(folder, "artifacts");
  const runner = createPhaseRunner(loaded, {
    connection: guest,
    local: openLocalShell(),
    checkpoints: {
      create: (name) => Promise.resolve(void checkpoints.push(`create ${name}`)),
      restore: (name) => Promise.resolve(void checkpoints.push(`restore ${name}`)),
    },
    log,
    clock,
    artifactsFolder: artifacts,
    runId: "run-1",
    stepTimeoutMs: 20_000,
    readiness: { mode: "login", timeoutMs: 60_000 },
    ...ports,
  });
  return {
    guest,
    log,
    clock,
    checkpoints,
    artifacts,
    project: loaded.folder.localPath("."),
    run: (phase = "main", signal = new AbortController().signal) => runner.run(phase, signal),
  };
}

/** A runner for one `main.yaml`. */
export function benchFor(
  main: string,
  overrides: Overrides = {},
  ports: Partial<StepPorts> = {},
): Promise<Bench> {
  return bench({ "main.yaml": main }, overrides, ports);
}

/** The outcome of a phase that has to fail. */
export function failed(outcome: PhaseOutcome): PhaseOutcome & { status: "failed" } {
  if (outcome.status !== "failed") throw new Error(`the phase ${outcome.status}`);
  return outcome;
}
