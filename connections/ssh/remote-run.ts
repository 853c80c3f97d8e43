import { randomBytes } from "node:crypto";
import { pipeline, type Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { CommandTimeoutError, LinkLostError, LoginShellError, type CommandResult } from "../shell";
import { commandForAnyShell, onOneLine } from "../quote";
import { startChild, type Child } from "../process/child";
import { TailBuffer } from "../process/tail-buffer";
import { type Becoming, endsWithPrompt, escalatedArgv, PASSWORD_WORD } from "./escalation";
import { explainSshFailure, isMultiplexFailure } from "./failures";
import { MarkFilter, type MarkEvent } from "../guest/mark-filter";
import {
  lineForLogin,
  type Login,
  type Mark,
  readLogin,
  stopArgv,
  windowsStopArgv,
  wrappedArgv,
} from "../guest/wrapped-program";
import { afterPrelude, Prelude } from "./prelude";
import type { Channel, SshSession } from "./session";

/** How long output may stay silent after a script has ended while something that it started holds its output. */
const SILENCE_AFTER_END_MS = 500;
/** How long the other side has to end what was started, in milliseconds. */
export const STOP_LIMIT_MS = 10_000;

/** How long a program that is to be ended has to say which process it is, in milliseconds. */
const PID_LIMIT_MS = 5_000;

/** A program to run on the other side. */
export interface RemoteRun {
  /** Visible to every user of the other side: no secrets. */
  readonly argv: (mark: Mark) => readonly string[];
  /** What messages call it; default: its argv. */
  readonly label?: readonly string[];
  readonly stdin?: string | Buffer | Readable;
  readonly as?: Becoming;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
  /** Takes standard output as it comes, at its own pace; the result's `stdout` is then empty. */
  readonly consume?: (stdout: Readable) => Promise<void>;
  /** Ended by itself, not with a process group. Default: false. */
  readonly alone?: boolean;
  /** The program itself says `MARK end CODE` when it is done: without that word the link was lost. */
  readonly saysEnd?: boolean;
  /** `windows`: `argv` needs no quoting and says `MARK pid N` itself. Default: `posix`. */
  readonly dialect?: "posix" | "windows";
  /** Uses a channel that is kept for ending programs. */
  readonly spare?: boolean;
  /** Told of the wrapper's words that mean nothing here. */
  readonly onWord?: (word: string, value: string) => void;
}

/** Runs a program on the other side of a session. Errors as in `Shell.run`. */
export async function runRemote(session: SshSession, run: RemoteRun): Promise<CommandResult> {
  run.signal?.throwIfAborted();
  const channel = await session.channel(run.signal, run.spare === true ? "spare" : "command");
  try {
    return await new RemoteProcess(session, channel, run).result();
  } finally {
    channel.release();
  }
}

/** One program on the other side, from start to end. */
class RemoteProcess {
  private readonly child: Child;
  private readonly label: readonly string[];
  private readonly kept = { stdout: new TailBuffer(), stderr: new TailBuffer() };
  private readonly filter: MarkFilter;
  private pid: number | undefined;
  private tellStarted: (pid: number) => void = () => undefined;
  private readonly started = new Promise<number>((resolve) => (this.tellStarted = resolve));
  private endCode: number | undefined;
  private passwordSent = false;
  /** What was said before the program started: by su, sudo or the login shell. */
  private before = "";
  private silence: NodeJS.Timeout | undefined;
  private inputError: Error | undefined;
  private consumed: Promise<void> = Promise.resolve();

  constructor(
    private readonly session: SshSession,
    private readonly channel: Channel,
    private readonly run: RemoteRun,
  ) {
    const mark: Mark = `guest-farm-${randomBytes(12).toString("hex")}`;
    const argv = run.argv(mark);
    this.label = run.label ?? argv;
    const line = run.dialect === "windows" ? argv.join(" ") : posixLine(mark, argv, run, channel.login());
    this.filter = new MarkFilter(
      mark,
      (event) => this.onEvent(event),
      (data) => this.onData("stderr", data),
    );
    this.child = startChild(channel.argv(line), { stdin: "pipe", slowReader: run.consume !== undefined });
    const { stdin, stdout, stderr } = this.child.process;
    stdin?.on("error", () => undefined);
    stderr?.on("data", (chunk: Buffer) => this.filter.push(chunk));
    stderr?.on("end", () => this.filter.end());
    if (stdout !== null) this.readOutput(stdout, mark);
    if (run.as === undefined) this.sendInput();
  }

  private readOutput(stdout: Readable, mark: Mark): void {
    const { consume, dialect } = this.run;
    const begins = dialect !== "windows";
    const hear = (chunk: Buffer): void => this.hear(chunk);
    if (consume === undefined) {
      const pass = (chunk: Buffer): void => this.onData("stdout", chunk);
      const prelude = new Prelude(mark, hear, pass);
      stdout.on("data", (chunk: Buffer) => (begins ? prelude.push(chunk) : pass(chunk)));
      return;
    }
    const own = begins ? pipeline(stdout, afterPrelude(mark, hear), () => undefined) : stdout;
    this.consumed = consume(own);
    this.consumed.catch(() => this.child.terminate());
  }

  async result(): Promise<CommandResult> {
    const { run, child } = this;
    const limit = new AbortController();
    const stop = (): void => void this.stop();
    const timer = setTimeout(() => {
      limit.abort();
      stop();
    }, run.timeoutMs);
    run.signal?.addEventListener("abort", stop, { once: true });
    try {
      const { exitCode, startError } = await child.ended;
      run.signal?.throwIfAborted();
      if (limit.signal.aborted) throw new CommandTimeoutError(this.machine, this.label, run.timeoutMs);
      if (this.inputError !== undefined) throw this.inputError;
      if (startError !== undefined) throw new LinkLostError(this.machine, startError);
      if (await this.linkWasLost(exitCode)) throw await this.lossError();
      await this.consumed;
      if (this.pid === undefined) this.refuse(exitCode);
      return {
        exitCode: this.endCode ?? exitCode,
        stdout: this.kept.stdout.toString(),
        stderr: this.kept.stderr.toString(),
      };
    } finally {
      clearTimeout(timer);
      clearTimeout(this.silence);
      run.signal?.removeEventListener("abort", stop);
    }
  }

  /** Nothing has started: what su or sudo said is the result. Without them it was the login shell. */
  private refuse(exitCode: number): void {
    const { as, dialect } = this.run;
    if (as === undefined && dialect !== "windows") {
      throw new LoginShellError(this.machine, exitCode, `${this.before}${this.kept.stderr.toString()}`);
    }
    if (this.before === "") return;
    const said = Buffer.from(this.before);
    this.kept.stderr.push(said);
    this.run.onOutput?.("stderr", said);
  }

  private get machine(): string {
    return this.session.description;
  }

  private sendInput(): void {
    const { stdin } = this.child.process;
    const { stdin: input } = this.run;
    if (stdin === null) return;
    if (input === undefined || typeof input === "string" || Buffer.isBuffer(input)) {
      stdin.end(input);
      return;
    }
    input.on("error", (error: Error) => {
      this.inputError = error;
      this.child.terminate();
    });
    input.pipe(stdin);
  }

  private onEvent({ word, value }: MarkEvent): void {
    switch (word) {
      case PASSWORD_WORD:
        this.answerPrompt();
        break;
      case "login":
        this.channel.learn(readLogin(value));
        break;
      case "pid":
        this.pid = Number(value);
        this.tellStarted(this.pid);
        if (this.run.as === undefined) break;
        this.child.process.stdin?.write("\n");
        this.sendInput();
        break;
      case "end":
        this.endCode = Number(value);
        clearTimeout(this.silence);
        this.silence = setTimeout(() => this.child.terminate(), SILENCE_AFTER_END_MS);
        break;
      default:
        this.run.onWord?.(word, value);
    }
  }

  private onData(stream: "stdout" | "stderr", chunk: Buffer): void {
    this.silence?.refresh();
    if (this.run.as !== undefined && this.pid === undefined) {
      this.hear(chunk);
      return;
    }
    this.kept[stream].push(chunk);
    this.run.onOutput?.(stream, chunk);
  }

  /** Listens to what is said before the program starts. */
  private hear(chunk: Buffer): void {
    this.before = (this.before + chunk.toString("utf8")).slice(-4096);
    const { as } = this.run;
    if (as !== undefined && as.method !== "sudo" && endsWithPrompt(this.before)) this.answerPrompt();
  }

  /** Sends the password once; a second question means that it was refused. */
  private answerPrompt(): void {
    const { password } = this.run.as ?? {};
    const { stdin } = this.child.process;
    if (this.passwordSent || password === undefined) {
      stdin?.end();
      return;
    }
    this.passwordSent = true;
    this.before = "";
    stdin?.write(`${password}\n`);
  }

  /** Ends the program on the other side, then our end of it. */
  private async stop(): Promise<void> {
    const { as, dialect, spare } = this.run;
    // What was started a moment ago has not said yet which process it is.
    const pid = this.pid ?? (await Promise.race([this.started, this.child.ended, delay(PID_LIMIT_MS)]));
    if (typeof pid === "number" && this.endCode === undefined && spare !== true) {
      const argv = dialect === "windows" ? windowsStopArgv(pid) : stopArgv(pid);
      const same = { ...(as && { as }), ...(dialect && { dialect }) };
      const stop: RemoteRun = { ...same, argv: () => argv, timeoutMs: STOP_LIMIT_MS, spare: true };
      // When the link is dead, too, our end is all that can be ended.
      await runRemote(this.session, stop).catch(() => undefined);
    }
    this.child.terminate();
  }

  private async linkWasLost(exitCode: number): Promise<boolean> {
    if (this.endCode !== undefined) return false;
    if (this.run.saysEnd === true && this.pid !== undefined) return true;
    if (exitCode !== 255) return false;
    if (this.pid === undefined && this.run.as === undefined) return true;
    return (await this.channel.lossReason()) !== null || isMultiplexFailure(this.kept.stderr.toString());
  }

  private async lossError(): Promise<LinkLostError> {
    const words = `${(await this.channel.lossReason()) ?? ""}\n${this.kept.stderr.toString()}`;
    if (words.includes("Session open refused by peer")) {
      return new LinkLostError(this.machine, "its SSH server refuses another session (MaxSessions)");
    }
    const { reason } = explainSshFailure(words);
    return new LinkLostError(
      this.machine,
      `the link broke while ${this.label[0] ?? "a command"} ran: ${reason}`,
      true,
    );
  }
}

function posixLine(
  mark: Mark,
  argv: readonly string[],
  { as, alone = false }: RemoteRun,
  login: Login | undefined,
): string {
  if (as === undefined) return lineForLogin(mark, argv, { alone }, login);
  const wrapped = wrappedArgv(mark, argv, { waiting: true, begins: true, alone });
  return commandForAnyShell(escalatedArgv(as, mark, onOneLine(wrapped)));
}
