import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { PulumiRun } from "./farm-under-test";

/** Longest wait for anything that a test expects of a run; an emulated guest on a busy machine takes its time. */
const PATIENCE_MS = 180_000;

/** A command under way, started like one in a terminal: it leads a process group that signals can be sent to. */
export class StartedPulumi {
  readonly pid: number;
  readonly ended: Promise<PulumiRun>;
  private readonly child: ChildProcess;
  private text = "";
  private over = false;

  constructor(argv: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
    const [program = "", ...args] = argv;
    this.child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.pid = this.child.pid ?? 0;
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => (this.text += chunk.toString()));
    }
    this.ended = new Promise((resolve) => {
      // Whoever outlives the command may hold its output open.
      this.child.once("exit", (code, signal) => {
        this.over = true;
        const exitCode = code ?? (signal === null ? 255 : 128);
        setTimeout(() => resolve({ exitCode, output: this.text }), 200);
      });
    });
  }

  /** Standard output and error so far. */
  get output(): string {
    return this.text;
  }

  /** Sends a signal to the process group, as a terminal does. */
  interrupt(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  /** Sends a signal to the started process alone. */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Waits until the output holds something; fails when the command ends before. */
  async says(pattern: RegExp): Promise<void> {
    await eventually(`${String(pattern)} in the output`, () => {
      if (pattern.test(this.text)) return true;
      if (this.over) throw new Error(`it ended without ${String(pattern)}:\n${this.text}`);
      return false;
    });
  }
}

/** Waits for something, within the patience of the tests. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited ${patienceMs / 1000} s for ${what}`);
    await delay(50);
  }
}
