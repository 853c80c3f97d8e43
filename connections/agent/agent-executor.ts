import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { steadyMs } from "../../definitions/steady-time";
import type { GuestExecutor, GuestProgram } from "../guest/executor";
import { shellCommand } from "../quote";
import { CommandTimeoutError, LinkLostError, type CommandResult } from "../shell";
import { stopArgv, wrappedArgv } from "../guest/wrapped-program";
import { AgentRefusal, type AgentChannel } from "./agent-channel";
import { AgentFiles } from "./agent-files";
import { ProgramOutput } from "./program-output";

const Started = z.object({ pid: z.number().int() });
const Status = z.object({
  exited: z.boolean(),
  exitcode: z.number().int().optional(),
  signal: z.number().int().optional(),
  "out-data": z.string().optional(),
  "err-data": z.string().optional(),
});

/** The agent gives programs no environment to speak of. */
const ENVIRONMENT = [
  "HOME=/root",
  "USER=root",
  "LOGNAME=root",
  "SHELL=/bin/sh",
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
];

/** `sh -c PREPARE prepare NAME`: makes a private folder in memory and prints its path. */
const PREPARE = `for d in /dev/shm /run /tmp; do
  mkdir -m 0700 "$d/$1" 2>/dev/null && : >"$d/$1/in" && { echo "$d/$1"; exit; }
done
exit 73`;

/** `sh -c START start FOLDER argv...`: runs a program with its streams in files of the folder. */
const START = `d=$1
shift
umask 022
cd
exec "$@" <"$d/in" >"$d/out" 2>"$d/err"`;

/** Pauses between looks at a running program, in milliseconds: short ones first. */
const FIRST_PAUSE_MS = 30;
const LONGEST_PAUSE_MS = 400;
const HOUSEKEEPING_MS = 15_000;

/**
 * Runs programs in a guest through its agent, as root. Their input and output are files in the guest's memory file
 * system, read as they grow: a program may not print more than fits there.
 */
export class AgentExecutor implements GuestExecutor {
  readonly description: string;
  private readonly files: AgentFiles;

  /** @param suShell shell for programs of other users, where `su` can be told; theirs may let nobody in */
  constructor(
    private readonly channel: AgentChannel,
    private readonly suShell?: string,
  ) {
    this.description = channel.description;
    this.files = new AgentFiles(channel);
  }

  async exec(program: GuestProgram): Promise<CommandResult> {
    program.signal?.throwIfAborted();
    try {
      if (program.alone === true && isBrief(program)) return await this.brief(program);
      const folder = await this.prepare();
      try {
        if (program.stdin !== undefined) await this.files.write(`${folder}/in`, program.stdin);
        return await this.runIn(folder, program);
      } finally {
        await this.short(["rm", "-rf", folder]).catch(() => undefined);
      }
    } catch (error) {
      if (error instanceof AgentRefusal) throw new LinkLostError(this.description, error.message);
      throw error;
    }
  }

  private async prepare(): Promise<string> {
    const name = `gf-${randomBytes(12).toString("hex")}`;
    const status = await this.short(["sh", "-c", PREPARE, "prepare", name]);
    const folder = Buffer.from(status["out-data"] ?? "", "base64")
      .toString("utf8")
      .trim();
    if (folder === "")
      throw new LinkLostError(this.description, "no folder for a program's input can be made");
    return folder;
  }

  /** In one request, with two more for its end: each is a fiftieth of a second in an emulated guest. */
  private async brief(program: GuestProgram & { stdin?: string | Buffer }): Promise<CommandResult> {
    const argv = typeof program.argv === "function" ? program.argv("") : program.argv;
    const status = await this.short(argv, program.timeoutMs, program.label, program.stdin);
    const text = (data: string | undefined) => Buffer.from(data ?? "", "base64").toString("utf8");
    return {
      exitCode: status.exitcode ?? 128 + (status.signal ?? 0),
      stdout: text(status["out-data"]),
      stderr: text(status["err-data"]),
    };
  }

  private async runIn(folder: string, program: GuestProgram): Promise<CommandResult> {
    const mark = `guest-farm-${randomBytes(12).toString("hex")}`;
    const argv = typeof program.argv === "function" ? program.argv(mark) : program.argv;
    const wrapped = wrappedArgv(mark, argv, program);
    // The agent is root: nobody asks it for a password.
    const user = program.as?.user ?? "root";
    const shell = this.suShell === undefined ? [] : ["-s", this.suShell];
    const asUser = user === "root" ? wrapped : ["su", user, ...shell, "-c", `exec ${shellCommand(wrapped)}`];
    const output = new ProgramOutput(mark, program);
    const pid = await this.start(["sh", "-c", START, "start", folder, ...asUser], false);
    const deadline = steadyMs() + program.timeoutMs;
    const status = await this.follow(pid, folder, output, () => {
      program.signal?.throwIfAborted();
      if (steadyMs() > deadline) {
        throw new CommandTimeoutError(this.description, program.label, program.timeoutMs);
      }
    });
    return output.result(status.exitcode ?? 128 + (status.signal ?? 0));
  }

  private async follow(
    pid: number,
    folder: string,
    output: ProgramOutput,
    check: () => void,
  ): Promise<z.infer<typeof Status>> {
    const handles: number[] = [];
    try {
      let pause = FIRST_PAUSE_MS;
      for (;;) {
        const status = Status.parse(await this.channel.call("guest-exec-status", { pid }));
        if (handles.length === 0) handles.push(...(await this.openOutputs(folder)));
        const moved = await this.drain(handles, output, check);
        if (status.exited) return status;
        check();
        pause = moved ? FIRST_PAUSE_MS : Math.min(pause * 1.5, LONGEST_PAUSE_MS);
        await delay(pause);
      }
    } catch (error) {
      await this.stop(output.pid).catch(() => undefined);
      output.fail();
      throw error;
    } finally {
      for (const handle of handles) await this.files.close(handle).catch(() => undefined);
    }
  }

  /** The shell may not have made them yet. */
  private async openOutputs(folder: string): Promise<number[]> {
    try {
      return [await this.files.open(`${folder}/out`, "r"), await this.files.open(`${folder}/err`, "r")];
    } catch (error) {
      if (error instanceof AgentRefusal) return [];
      throw error;
    }
  }

  /**
   * Reads to the present end of both outputs, which a program that prints without end never reaches: `check` is asked
   * before each piece. Tells whether there was anything.
   */
  private async drain(
    handles: readonly number[],
    output: ProgramOutput,
    check: () => void,
  ): Promise<boolean> {
    let moved = false;
    // By turns: standard error says which process is to be ended, and must not wait for the end of the other.
    const open = new Set(handles);
    while (open.size > 0) {
      for (const [index, handle] of handles.entries()) {
        if (!open.has(handle)) continue;
        check();
        const chunk = await this.files.read(handle);
        if (chunk.length === 0) open.delete(handle);
        else await output.push(index === 0 ? "stdout" : "stderr", chunk);
        moved ||= chunk.length > 0;
      }
    }
    return moved;
  }

  private async stop(pid: number | undefined): Promise<void> {
    if (pid !== undefined) await this.short(stopArgv(pid));
  }

  private async start(argv: readonly string[], capture: boolean, input?: string | Buffer): Promise<number> {
    const [path, ...arg] = argv;
    const reply = await this.channel.call("guest-exec", {
      path,
      arg,
      env: ENVIRONMENT,
      "capture-output": capture,
      ...(input !== undefined && { "input-data": Buffer.from(input).toString("base64") }),
    });
    return Started.parse(reply).pid;
  }

  /** A small program whose end is waited for. */
  private async short(
    argv: readonly string[],
    limitMs = HOUSEKEEPING_MS,
    label = argv,
    input?: string | Buffer,
  ): Promise<z.infer<typeof Status>> {
    const pid = await this.start(argv, true, input);
    for (let waited = 0; waited < limitMs; waited += FIRST_PAUSE_MS) {
      const status = Status.parse(await this.channel.call("guest-exec-status", { pid }));
      if (status.exited) return status;
      await delay(FIRST_PAUSE_MS);
    }
    throw new CommandTimeoutError(this.description, label, limitMs);
  }
}

/** Whether a program's input and output fit into the agent's own requests. */
function isBrief(program: GuestProgram): program is GuestProgram & { stdin?: string | Buffer } {
  const { stdin, as, consume, onOutput, saysEnd } = program;
  const small = stdin === undefined || typeof stdin === "string" || Buffer.isBuffer(stdin);
  return small && (as?.user ?? "root") === "root" && !consume && !onOutput && saysEnd !== true;
}
