import { randomBytes } from "node:crypto";
import type { Escalation } from "../guest-connection";
import { startChild, type Child } from "../process/child";
import type { CommandResult } from "../shell";
import { endsWithPrompt, escalatedArgv } from "./escalation";
import { commandLineOf } from "./remote-command";
import { runRemote, type RemoteRun } from "./remote-run";
import type { SshSession } from "./session";
import { ENTER, RELAY } from "./terminal-scripts";

const KEPT_WORDS = 4096;
/** Until pipes that nobody serves are given up after the program has ended. */
const EMPTYING_MS = 10_000;

/** Runs a program as another user whose password has to be typed at a terminal. Errors as in `Shell.run`. */
export async function runOnTerminal(
  session: SshSession,
  run: RemoteRun,
  as: Escalation,
): Promise<CommandResult> {
  const refused = new AbortController();
  const signal = run.signal === undefined ? refused.signal : AbortSignal.any([run.signal, refused.signal]);
  const channel = await session.channel(run.signal);
  const name = `gf-${randomBytes(12).toString("hex")}`;
  let mark = "";
  let terminal: Terminal | undefined;
  try {
    return await runRemote(session, {
      ...run,
      argv: (own) => {
        mark = own;
        return ["sh", "-c", RELAY, own, name];
      },
      saysEnd: true,
      signal,
      onWord: (word, folder) => {
        if (word !== "relay") return;
        const inner = typeof run.argv === "function" ? run.argv(mark) : run.argv;
        const line = commandLineOf(escalatedArgv(as, mark, ["sh", "-c", ENTER, mark, ...inner]));
        terminal = new Terminal(
          startChild(channel.argv(line, { tty: true }), { stdin: "pipe" }),
          mark,
          folder,
          as,
        );
        // The pipes may still have to be emptied, or nobody may ever have opened them.
        void terminal.child.ended.then(() => {
          if (terminal?.entered === false) refused.abort();
          else setTimeout(() => refused.abort(), EMPTYING_MS).unref();
        });
      },
    });
  } catch (error) {
    run.signal?.throwIfAborted();
    if (!refused.signal.aborted || terminal === undefined) throw error;
    return { exitCode: 1, stdout: "", stderr: terminal.said() };
  } finally {
    // Losing its terminal ends what still runs there.
    terminal?.child.terminate();
    await terminal?.child.ended;
    channel.release();
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
    private readonly as: Escalation,
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
