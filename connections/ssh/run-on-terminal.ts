import { randomBytes } from "node:crypto";
import { commandForAnyShell, onOneLine } from "../quote";
import { startChild, type Child } from "../process/child";
import type { CommandResult } from "../shell";
import { type Becoming, endsWithPrompt, escalatedArgv } from "./escalation";
import { stopArgv, type Mark } from "../guest/wrapped-program";
import { runRemote, type RemoteRun, STOP_LIMIT_MS } from "./remote-run";
import type { Channel, SshSession } from "./session";
import { ENTER, RELAY } from "./terminal-scripts";

const KEPT_WORDS = 4096;
/** Until pipes that nobody serves are given up after the program has ended. */
const EMPTYING_MS = 10_000;

/** Runs a program as another user whose password has to be typed at a terminal. Errors as in `Shell.run`. */
export async function runOnTerminal(
  session: SshSession,
  run: RemoteRun,
  as: Becoming,
): Promise<CommandResult> {
  // Two commands that each wait for their second channel would wait for ever.
  const leave = run.spare === true ? () => undefined : await session.terminals.enter(run.signal);
  try {
    const channel = await session.channel(run.signal, run.spare === true ? "companion" : "command");
    try {
      return await new TerminalRun(session, run, as, channel).result();
    } finally {
      channel.release();
    }
  } finally {
    leave();
  }
}

/** One program behind a terminal. */
class TerminalRun {
  private readonly refused = new AbortController();
  private terminal: Terminal | undefined;
  /** Process of the other user that has to be ended. */
  private target: number | undefined;

  constructor(
    private readonly session: SshSession,
    private readonly run: RemoteRun,
    private readonly as: Becoming,
    private readonly channel: Channel,
  ) {}

  async result(): Promise<CommandResult> {
    const { session, run, refused } = this;
    const { signal } = refused;
    const name = `gf-${randomBytes(12).toString("hex")}`;
    let mark = "";
    try {
      return await runRemote(session, {
        ...run,
        label: run.label ?? run.argv(""),
        argv: (own) => {
          mark = own;
          return ["sh", "-c", RELAY, "relay", own, name];
        },
        saysEnd: true,
        signal: run.signal === undefined ? signal : AbortSignal.any([run.signal, signal]),
        onWord: (word, value) => {
          if (word === "relay") this.enter(mark, value);
          if (word === "target") this.target = Number(value);
        },
      });
    } catch (error) {
      await this.stopTarget();
      run.signal?.throwIfAborted();
      if (!signal.aborted || this.terminal === undefined) throw error;
      return { exitCode: 1, stdout: "", stderr: this.terminal.said() };
    } finally {
      this.terminal?.child.terminate();
      await this.terminal?.child.ended;
    }
  }

  private enter(mark: Mark, folder: string): void {
    const { as, run, refused } = this;
    const line = commandForAnyShell(
      escalatedArgv(as, mark, onOneLine(["sh", "-c", ENTER, "enter", mark, ...run.argv(mark)])),
    );
    const child = startChild(this.channel.argv(line, { tty: true }), { stdin: "pipe" });
    const terminal = new Terminal(child, mark, folder, as);
    this.terminal = terminal;
    void child.ended.then(() => {
      if (!terminal.entered) refused.abort();
      // The pipes may still have to be emptied, or nobody may ever have opened them.
      else setTimeout(() => refused.abort(), EMPTYING_MS).unref();
    });
  }

  /** The program belongs to the other user: only that user can end it. */
  private async stopTarget(): Promise<void> {
    if (this.target === undefined || this.run.spare === true) return;
    const argv = stopArgv(this.target);
    const stop: RemoteRun = { argv: () => argv, timeoutMs: STOP_LIMIT_MS, spare: true };
    await runOnTerminal(this.session, stop, this.as).catch(() => undefined);
  }
}

/** The dialogue at the terminal: the password, then the folder with the pipes. */
class Terminal {
  entered = false;
  private words = "";
  private passwordSent = false;

  constructor(
    readonly child: Child,
    private readonly mark: string,
    private readonly folder: string,
    private readonly as: Becoming,
  ) {
    child.process.stdin?.on("error", () => undefined);
    child.process.stdout?.on("data", (chunk: Buffer) => this.hear(chunk.toString("utf8")));
  }

  said(): string {
    return this.words.replaceAll("\r", "").trim();
  }

  private hear(text: string): void {
    if (this.entered) return;
    this.words = (this.words + text).slice(-KEPT_WORDS);
    const { stdin } = this.child.process;
    if (this.words.includes(`${this.mark} entered`)) {
      this.entered = true;
      stdin?.write(`${this.folder}\n`);
    } else if (endsWithPrompt(this.words)) {
      if (this.passwordSent || this.as.password === undefined) {
        this.child.terminate();
        return;
      }
      this.passwordSent = true;
      this.words = "";
      stdin?.write(`${this.as.password}\n`);
    }
  }
}
