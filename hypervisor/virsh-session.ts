import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { virshWord } from "../connections/agent/virsh-dialogue";
import { CommandTimeoutError, type RunningCommand, type Shell } from "../connections/shell";

/** How long a virsh that nobody asks anything stays open: a run may wait for its guest for hours. */
const IDLE_MS = 5_000;

interface OpenVirsh {
  readonly command: RunningCommand;
  readonly lines: AsyncIterator<string>;
}

/**
 * A virsh that stays open for what is asked next: starting one and connecting it takes ten times as long as most
 * answers. It is there for what goes well; whatever looks like anything else has to be asked in a virsh of its own,
 * which has an exit code and says what is wrong.
 */
export class VirshSession {
  private virsh: OpenVirsh | undefined;
  private busy = false;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly shell: Pick<Shell, "start" | "description">,
    private readonly uri: string,
  ) {}

  /**
   * Output of one command; null: it has to be asked in another way, because it was refused, or this virsh is busy or
   * gone, or cannot be told such words.
   *
   * @param timeoutMs how long the answer may take, milliseconds
   * @param signal ends virsh when it is aborted
   * @throws CommandTimeoutError when there is none by then, or the signal's reason; libvirt may still do what it was
   *   told.
   */
  async ask(args: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<string | null> {
    signal?.throwIfAborted();
    // Only plain characters reach it: nothing depends on its character set, or on how it edits lines.
    if (this.busy || !args.every((word) => /^[ -~]*$/.test(word))) return null;
    this.busy = true;
    clearTimeout(this.idle);
    const stop = () => this.close();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const said = await this.exchange(args, timeoutMs);
      signal?.throwIfAborted();
      return said;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.busy = false;
      if (this.virsh !== undefined) this.idle = setTimeout(() => this.close(), IDLE_MS).unref();
    }
  }

  /** As `close`, and waits until it has ended. */
  async end(): Promise<void> {
    const command = this.virsh?.command;
    this.close();
    await command?.exited;
  }

  /** Ends virsh; the next question starts another. */
  close(): void {
    clearTimeout(this.idle);
    this.virsh?.command.kill();
    this.virsh = undefined;
  }

  private async exchange(args: readonly string[], timeoutMs: number): Promise<string | null> {
    const { command, lines } = (this.virsh ??= this.start());
    const mark = `guest-farm-${randomBytes(12).toString("hex")}`;
    // virsh ends no line that `echo` prints; the echo of the next line does.
    command.write(`${args.map(virshWord).join(" ")}\necho ${mark}\necho\n`);
    const over = new AbortController();
    const late = delay(timeoutMs, "late" as const, { signal: over.signal });
    late.catch(() => undefined);
    try {
      const said = await Promise.race([linesUntil(mark, lines), late]);
      if (said === "late") {
        this.close();
        throw new CommandTimeoutError(this.shell.description, ["virsh", ...args], timeoutMs);
      }
      return (said === null ? null : readOutput(said, mark)) ?? this.drop();
    } finally {
      over.abort();
    }
  }

  /** What has gone wrong once (libvirt was restarted, say) may go on to do so. */
  private drop(): null {
    this.close();
    return null;
  }

  private start(): OpenVirsh {
    const argv = ["sh", "-c", 'exec env LC_ALL=C virsh -q -c "$1" 2>&1', "virsh", this.uri];
    const command = this.shell.start(argv);
    return { command, lines: command.lines[Symbol.asyncIterator]() };
  }
}

/** The lines before one that begins with a mark; null: they have ended without it. */
async function linesUntil(mark: string, lines: AsyncIterator<string>): Promise<readonly string[] | null> {
  const said: string[] = [];
  for (;;) {
    const next = await lines.next();
    if (next.done === true) return null;
    if (next.value.startsWith(mark)) return said;
    said.push(next.value);
  }
}

const PROMPT = /^virsh [#>] /;

/**
 * What a command has printed, of the lines until its mark; null: not what a command that went well prints. virsh
 * repeats what it is told, behind a prompt.
 */
export function readOutput(said: readonly string[], mark: string): string | null {
  const [repeated = "", ...rest] = said;
  const last = rest.pop();
  const end = last === undefined ? null : new RegExp(`^(.*)virsh [#>] echo ${mark}$`).exec(last);
  const printed = [...rest, end?.[1] ?? ""];
  if (end === null || !PROMPT.test(repeated) || printed.some(isOddLine)) return null;
  return printed.join("\n");
}

function isOddLine(line: string): boolean {
  return line.startsWith("error:") || PROMPT.test(line);
}
