import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { printableText } from "../../connections/printable";
import type { FilePhase, PhaseName } from "../../phases/lifecycle/phase-names";
import type { LifecycleObserver } from "../../phases/lifecycle/ports";
import { maskerFor, type Masker } from "../../phases/masking";
import type { StepLog } from "../../phases/steps/ports";
import { lastLine } from "./last-line";
import { OutputRoom } from "./output-room";
import { Progress } from "./progress";

/** Name of the log of a phase file, in the run's folder. */
export function phaseLogName(phase: FilePhase): string {
  return `${phase}.log`;
}

const TICK_MS = 1_000;

/**
 * Everything that a run tells, masked: into `run.log`, into one log per phase file, and as progress. Files are written
 * at once: output that waits to be written costs memory, and a supervisor that dies must not take its log along.
 */
export class RunLog implements LifecycleObserver, StepLog {
  private readonly newMasker: () => Masker;
  private readonly files = new Map<string, number>();
  private readonly maskers = new Map<string, Masker>();
  /** Logs that could not be written, and that the user was told of. */
  private readonly told = new Set<string>();
  private readonly progress: Progress;
  private readonly room: OutputRoom;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly folder: string,
    guest: string,
    secrets: readonly string[],
    relay: (line: string) => void,
    /** MiB of output per phase file; default: `DEFAULT_LOG_LIMIT`. */
    logLimit?: number,
  ) {
    this.room = new OutputRoom(logLimit);
    this.newMasker = maskerFor(secrets);
    this.progress = new Progress(
      guest,
      (line) => relay(this.shown(line)),
      () => performance.now(),
    );
    this.timer = setInterval(() => this.progress.tick(), TICK_MS);
    this.timer.unref();
  }

  /** A text as it may be shown: secrets masked, and nothing in it that a terminal would obey. */
  shown(text: string): string {
    // Once more, for a secret that stood with a colour in its middle.
    return this.masked(printableText(this.masked(text)));
  }

  private masked(text: string): string {
    const masker = this.newMasker();
    return Buffer.concat([masker.write(Buffer.from(text)), masker.end()]).toString("utf8");
  }

  phaseStarted(phase: PhaseName): void {
    this.record(`${phase}: started`);
    this.progress.phaseStarted(phase);
  }

  step(phase: PhaseName, text: string): void {
    this.record(`${phase}: ${text}`);
    this.progress.stepStarted(phase, text);
  }

  phaseEnded(phase: PhaseName, status: string, reason: string, durationMs: number): void {
    this.flush(phase);
    this.record(`${phase}: ${status} after ${durationMs} ms${reason === "" ? "" : `: ${reason}`}`);
    this.progress.phaseEnded(phase, status, reason, durationMs);
  }

  warning(text: string): void {
    this.say(`warning: ${text}`);
  }

  stepStarted(phase: FilePhase, step: { number: number; count: number; name: string }): void {
    this.step(phase, `step ${step.number}/${step.count} ${step.name}`);
    this.append(phaseLogName(phase), Buffer.from(`--- ${step.number}/${step.count} ${step.name}\n`), phase);
  }

  output(phase: FilePhase, stream: "stdout" | "stderr", chunk: Buffer): void {
    const shown = this.append(phaseLogName(phase), chunk, `${phase} ${stream}`, true);
    const line = lastLine(shown);
    if (line !== null) this.progress.outputLine(line);
  }

  note(phase: FilePhase, text: string): void {
    this.append(phaseLogName(phase), Buffer.from(`--- ${text}\n`), phase);
    this.step(phase, text);
  }

  stepEnded(
    phase: FilePhase,
    step: { number: number; count: number; name: string },
    status: string,
    durationMs: number,
  ): void {
    this.flush(phase);
    this.record(`${phase}: step ${step.number}/${step.count} ${step.name} ${status} after ${durationMs} ms`);
  }

  /** Which logs do not hold all that was printed. */
  cuts(): string[] {
    return this.room.cuts();
  }

  /** A line for people, in the log and in the progress. */
  say(text: string): void {
    this.record(text);
    this.progress.say(text);
  }

  close(): void {
    clearInterval(this.timer);
    for (const stream of [...this.maskers.keys()]) this.flush(stream);
    for (const file of this.files.values()) closeSync(file);
    this.files.clear();
  }

  /** A line for the log alone. */
  record(text: string): void {
    this.put("run.log", Buffer.from(`${new Date().toISOString()} ${this.shown(text)}\n`));
  }

  /** Writes what of a stream may be shown, and returns it. */
  private append(file: string, chunk: Buffer, stream: string, isOutput = false): Buffer {
    let masker = this.maskers.get(stream);
    if (masker === undefined) this.maskers.set(stream, (masker = this.newMasker()));
    const shown = masker.write(chunk);
    this.put(file, isOutput ? this.room.take(file, shown) : shown);
    return shown;
  }

  /** Writes what the maskers of a phase kept back. */
  private flush(phase: string): void {
    for (const [stream, masker] of this.maskers) {
      const [owner = ""] = stream.split(" ");
      if (owner !== phase.split(" ")[0]) continue;
      this.put(`${owner}.log`, masker.end());
      this.maskers.delete(stream);
    }
  }

  /** A log that cannot be written (a full disk) must not end the run. */
  private put(name: string, chunk: Buffer): void {
    try {
      let file = this.files.get(name);
      if (file === undefined) this.files.set(name, (file = openSync(join(this.folder, name), "a", 0o600)));
      for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
    } catch (error) {
      if (this.told.has(name)) return;
      this.told.add(name);
      this.progress.say(
        `${name} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
