import { LineSplitter } from "../../connections/process/line-splitter";
import { existsSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { CommandError } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";
import { cachePaths } from "./cache-paths";
import type { ImageObserver } from "./observer";
import { FAILURE_MARK, scriptFailure } from "./script-failure";
import { StepWatch } from "./step-watch";
import { STEP_SCRIPT, WORKSHOP_SCRIPT } from "./workshop-script";

/** Where the scripts lie on the controller. */
export const SCRIPTS_FOLDER = join(__dirname, "scripts");
/** Marks the lines of a script that tell people what it begins. */
const PROGRESS_MARK = "@ ";
/** How often it is looked whether there is something to show. */
const TICK_MS = 1_000;

export interface ScriptCall {
  /** Script under `scripts/`, as `tiny.sh`. */
  readonly script: string;
  readonly args: readonly string[];
  /** What fails when it fails, for people; default: the script. */
  readonly program?: string;
  readonly stdin?: string | Buffer;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

/** A folder on the hypervisor for one run, under the lock of its request. */
export interface Workshop {
  readonly host: HypervisorHost;
  readonly folder: string;
  readonly observer: ImageObserver;
  /** Absolute path of a file of the controller. @throws UserError when there is none. */
  controllerFile(path: string): string;
  /** Aborted by the caller, or when the lock is lost. */
  readonly signal: AbortSignal;
  /** Puts files of `scripts/` beside each other on the hypervisor. */
  stage(files: readonly string[]): Promise<void>;
  /**
   * Runs a staged script and returns what it printed, without the lines for people.
   * @throws UserError for what the user can mend, SourceUnreachableError, else CommandError.
   */
  run(call: ScriptCall): Promise<string>;
}

export interface WorkshopOptions {
  readonly host: HypervisorHost;
  readonly requestKey: string;
  readonly observer: ImageObserver;
  /** Folder on the controller that the paths of a definition are relative to. */
  readonly folder: string;
  readonly signal?: AbortSignal;
}

/**
 * Does work for one request while no other controller does the same. The folder is gone afterwards, also when the
 * work fails or this process dies.
 */
export async function inWorkshop<T>(
  { host, requestKey, observer, folder: controllerFolder, signal }: WorkshopOptions,
  work: (workshop: Workshop) => Promise<T>,
): Promise<T> {
  const watch = new StepWatch(observer, () => performance.now());
  const ticks = setInterval(() => watch.tick(), TICK_MS);
  const paths = cachePaths(host.spec.imageCachePath);
  const lock = posix.join(paths.locks, requestKey);
  const holder = host.shell.start([
    "sh",
    "-c",
    WORKSHOP_SCRIPT,
    "sh",
    lock,
    paths.work,
    requestKey.slice(0, 16),
  ]);
  const lost = new AbortController();
  const stop = signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]);
  const giveUp = (): void => holder.end();
  stop.addEventListener("abort", giveUp, { once: true });
  try {
    const folder = await readyFolder(host, holder.lines, holder.exited, watch, stop);
    let done = false;
    void holder.exited.then(() => {
      if (!done) lost.abort(new Error(`${host.shell.description}: the lock of an image was lost`));
    });
    try {
      return await work(workshopIn(host, folder, controllerFolder, watch, stop));
    } finally {
      done = true;
    }
  } finally {
    clearInterval(ticks);
    stop.removeEventListener("abort", giveUp);
    holder.end();
    await holder.exited;
  }
}

async function readyFolder(
  host: HypervisorHost,
  lines: AsyncIterable<string>,
  exited: Promise<{ readonly exitCode: number; readonly stderr: string }>,
  observer: ImageObserver,
  signal: AbortSignal,
): Promise<string> {
  for await (const line of lines) {
    if (line === "waiting") observer.progress("another controller is at work on this image: waiting for it");
    if (line.startsWith("ready ")) return line.slice("ready ".length);
  }
  signal.throwIfAborted();
  const { exitCode, stderr } = await exited;
  throw new CommandError(host.shell.description, ["image cache", host.spec.imageCachePath], {
    exitCode,
    stdout: "",
    stderr,
  });
}

function workshopIn(
  host: HypervisorHost,
  folder: string,
  controllerFolder: string,
  watch: StepWatch,
  signal: AbortSignal,
): Workshop {
  const scripts = posix.join(folder, "scripts");
  const staged = new Set<string>();
  return {
    host,
    folder,
    observer: watch,
    signal,
    controllerFile: (path) => existingFile(resolve(controllerFolder, path), path),
    stage: async (wanted) => {
      const files = wanted.filter((file) => !staged.has(file));
      for (const folderName of new Set(files.map((file) => posix.dirname(file)))) {
        await host.files.mkdir(posix.join(scripts, folderName), "0755");
      }
      await Promise.all(
        files.map((file) =>
          host.files.writeAtomic(posix.join(scripts, file), readFileSync(join(SCRIPTS_FOLDER, file)), "0644"),
        ),
      );
      files.forEach((file) => staged.add(file));
    },
    run: async ({ script, args, program = script, stdin, timeoutMs }) => {
      const command = [posix.join(scripts, script), ...args];
      const onLine = (line: string): void => {
        if (line.startsWith(PROGRESS_MARK)) watch.progress(line.slice(PROGRESS_MARK.length));
        else if (!line.startsWith(FAILURE_MARK)) watch.output(line);
      };
      const lines = { stdout: lineReader(onLine), stderr: lineReader(onLine) };
      const result = await host.shell.run({
        argv: ["setsid", "--wait", "sh", "-c", STEP_SCRIPT, "sh", folder, ...command],
        timeoutMs,
        signal,
        onOutput: (stream, chunk) => lines[stream](chunk),
        ...(stdin === undefined ? {} : { stdin }),
      });
      watch.scriptEnded();
      if (result.exitCode !== 0) throw scriptFailure(host, [program, ...args], result);
      return result.stdout
        .split("\n")
        .filter((line) => !line.startsWith(PROGRESS_MARK))
        .join("\n");
    },
  };
}

function existingFile(absolute: string, asWritten: string): string {
  if (existsSync(absolute)) return absolute;
  throw new UserError({
    what: "a file that the definition of a base image names is not there",
    file: asWritten,
    remedy: "put it there, or correct the path; it is relative to the farm file",
  });
}

/** Cuts chunks into lines. */
function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  const splitter = new LineSplitter();
  return (chunk) => splitter.push(chunk.toString("utf8")).forEach(onLine);
}
