import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";
import { seconds } from "../../phases/lifecycle/limits";
import type { RunResult } from "../../phases/lifecycle/result";
import { watchAncestors, watchedAncestors } from "../../connections/process/ancestors";
import { limitedError, LimitedOutput } from "./front-output";
import {
  makeRunFolder,
  newRunId,
  RESULT_FILE,
  SUPERVISOR_LOG,
  type RunFolder,
  unmakeRunFolder,
} from "./run-folder";
import { SPEC_REFUSED } from "./supervisor-exit";

export interface FrontOptions {
  /** Program and arguments of the supervisor, to which the folder of the run is added. */
  readonly supervisor: readonly string[];
  /** The specification, as it came on standard input. */
  readonly spec: string;
  /** Folder that holds `.guest-farm`: the program's. */
  readonly base: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/**
 * The process that Pulumi sees: starts the supervisor of one run, relays its progress, and ends with its result. When
 * it dies, whatever way, the supervisor notices and ends the run.
 *
 * @returns the exit code
 */
export async function runFront(options: FrontOptions): Promise<number> {
  const named = namesIn(options.spec);
  if (named === null) {
    options.stderr("the specification of the run on standard input is not JSON that names stack and guest\n");
    return SPEC_REFUSED;
  }
  if (named.waitsForStage !== undefined) {
    options.stdout(`${named.guest} waits for stage ${named.waitsForStage}: nothing runs now\n`);
    return 0;
  }
  const folder = makeRunFolder(options.base, named.stack, named.guest, newRunId(new Date()), (text) =>
    options.stderr(`warning: ${text}\n`),
  );
  const shown = relative(options.base, folder.path);
  const output = new LimitedOutput(options.stdout, `... more in ${join(shown, "run.log")}`);
  const supervisor = startSupervisor(options, folder);
  const stopWatching = endWithAncestors(options.stderr);
  forwardSignals(supervisor);
  for await (const line of createInterface({ input: supervisor.channel })) output.line(line);
  const how = await supervisor.exited;
  stopWatching();
  if (supervisor.process.exitCode === SPEC_REFUSED) {
    options.stderr(readFileSync(join(folder.path, SUPERVISOR_LOG), "utf8"));
    unmakeRunFolder(folder);
    return SPEC_REFUSED;
  }
  return report(readResult(folder), how, shown, output, options.stderr);
}

interface Names {
  readonly stack: string;
  readonly guest: string;
  /** The run is registered before its stage, and there is none yet. */
  readonly waitsForStage?: string;
}

/** All that the front needs to know; the supervisor checks the rest, so that this process starts in no time. */
function namesIn(spec: string): Names | null {
  try {
    const { stack, guest, waitsForStage } = JSON.parse(spec) as {
      stack?: unknown;
      guest?: { name?: unknown };
      waitsForStage?: unknown;
    };
    const name = guest?.name;
    if (typeof stack !== "string" || typeof name !== "string") return null;
    return { stack, guest: name, ...(typeof waitsForStage === "string" ? { waitsForStage } : {}) };
  } catch {
    return null;
  }
}

interface Supervisor {
  readonly process: ChildProcess;
  readonly channel: Duplex;
  /** How it ended, in words. */
  readonly exited: Promise<string>;
}

/** In a session of its own, with a log instead of our standard output: it outlives us to clean up. */
function startSupervisor({ supervisor, spec, base }: FrontOptions, folder: RunFolder): Supervisor {
  const [program = process.execPath, ...args] = supervisor;
  const log = openSync(join(folder.path, SUPERVISOR_LOG), "a", 0o600);
  const child = spawn(program, [...args, folder.path], {
    cwd: base,
    detached: true,
    stdio: ["pipe", log, log, "pipe"],
    env: withoutEngine(process.env),
  });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `ended with exit code ${code}` : `died of ${signal}`),
    );
  });
  // A supervisor that is gone already is told by its exit.
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(spec);
  const channel = child.stdio[3] as Duplex;
  channel.on("error", () => undefined);
  return { process: child, channel, exited };
}

/** The engine's own settings, its passphrase among them, are no business of a run. */
function withoutEngine(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("PULUMI_")));
}

/** Ends this process as soon as one that it belongs to is gone: the engine may have been killed. */
function endWithAncestors(stderr: (text: string) => void): () => void {
  return watchAncestors(watchedAncestors(process.ppid), (gone) => {
    stderr(`${gone.name} (pid ${gone.pid}) has ended: the run is cancelled\n`);
    process.exit(1);
  });
}

/** The first signal cancels the run, and what it still has to do is shown; the second ends the front at once. */
function forwardSignals({ process: child }: Supervisor): void {
  let told = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (told) process.exit(130);
      told = true;
      child.kill("SIGTERM");
    });
  }
}

/** What our own supervisor has written, wholly or not at all. */
function readResult(folder: RunFolder): RunResult | null {
  try {
    return JSON.parse(readFileSync(join(folder.path, RESULT_FILE), "utf8")) as RunResult;
  } catch {
    return null;
  }
}

function report(
  result: RunResult | null,
  how: string,
  shown: string,
  output: LimitedOutput,
  stderr: (text: string) => void,
): number {
  if (result === null) {
    stderr(`the supervisor of this run ${how} and left no result\nlog: ${join(shown, SUPERVISOR_LOG)}\n`);
    return 1;
  }
  const resumed =
    result.resumed === null ? "" : `, resumed from ${result.resumed === "memory" ? "memory" : "disk"}`;
  output.last(
    `${result.guest} ${result.status} in ${seconds(result.durationMs)}, cache ${result.cache}${resumed}`,
  );
  for (const warning of result.warnings) stderr(`warning: ${limitedError(warning)}\n`);
  if (result.status === "passed") return 0;
  const failed = result.phases.find(({ status, log }) => status === "failed" && log !== null);
  stderr(`${limitedError(result.error ?? result.status)}\nlog: ${join(shown, failed?.log ?? "run.log")}\n`);
  return 1;
}
