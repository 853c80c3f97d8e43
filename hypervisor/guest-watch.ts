import { setTimeout as delay } from "node:timers/promises";
import type { GuestConnection } from "../connections/guest-connection";
import type { GuestPower } from "../phases/lifecycle/ports";
import { printableLine } from "../connections/printable";
import type { GuestFiles } from "./guest-files";
import type { HypervisorHost } from "./host";
import { saysDomainMissing } from "./virsh-errors";

const LOOK_EVERY_MS = 2_000;
/** A phase may take hours, and a guest may go off and on in it: only what nobody gets out of is looked for, and rarely. */
const LOOK_IN_PHASE_MS = 5_000;
const LOOK_LIMIT_MS = 20_000;

/** Of what the guest has printed since a place in its console's log, this is looked at. Bytes. */
const CONSOLE_TAIL = 32 * 1024;
const LINE_WIDTH = 200;
/** Lines of the console that an error shows, around the first words of a panic or at the end. */
const BEFORE_PANIC = 2;
const AFTER_PANIC = 6;
const LAST_LINES = 8;

/** `sh -c TAIL sh FILE FROM BYTES`: the last bytes of a log from a place on; all of one that was rotated since. */
const TAIL = `size=$(stat -c %s -- "$1" 2>/dev/null) || exit 0
[ "$2" -le "$size" ] && from=$2 || from=0
tail -c +"$((from + 1))" -- "$1" | tail -c "$3"`;

/** Why a guest that is worked with will not answer any more. */
export class GuestTroubleError extends Error {
  constructor(guest: string, what: string, lines: readonly string[]) {
    super([`guest "${guest}" ${what}`, ...lines.map((line) => `  | ${line}`)].join("\n"));
    this.name = "GuestTroubleError";
  }
}

/** Notices by its power and its console that a guest which is waited for or worked in has come to its end. */
export class GuestWatch {
  /** Size of the console's log before the boot that is waited for; null: nobody has booted since the last wait. */
  private boot: Promise<number> | null = null;

  constructor(
    private readonly host: HypervisorHost,
    private readonly domain: string,
    private readonly files: Pick<GuestFiles, "console" | "folder">,
    /** Name of the guest, for messages. */
    private readonly guest: string,
    private readonly pace = { waitMs: LOOK_EVERY_MS, phaseMs: LOOK_IN_PHASE_MS },
  ) {}

  /** The guest's power, with boots that are noted: what the console shows of earlier ones does not count. */
  mark(power: GuestPower): GuestPower {
    return {
      ...power,
      start: async (signal) => {
        this.boot = this.consoleSize();
        await this.boot;
        await power.start(signal);
      },
    };
  }

  /** Infinite: it could not be had, and nothing on the console counts. */
  private async consoleSize(): Promise<number> {
    const argv = ["stat", "-c", "%s", "--", this.files.console];
    const look = this.host.shell.run({ argv, timeoutMs: LOOK_LIMIT_MS });
    const seen = await look.catch(() => null);
    if (seen === null) return Infinity;
    return seen.exitCode === 0 ? Number(seen.stdout.trim()) : 0;
  }

  /** A way into the guest whose waits end as soon as the guest is off, has panicked or was stopped. */
  guard(connection: GuestConnection): GuestConnection {
    const guarded = Object.create(connection) as GuestConnection;
    guarded.waitUntilReady = (options) => {
      if (options.mode === "none") return connection.waitUntilReady(options);
      const since = this.boot ?? this.consoleSize();
      this.boot = null;
      const look = async () => this.whyNeverReady(await since);
      const wait = (signal: AbortSignal) => connection.waitUntilReady({ ...options, signal });
      return this.during(options.signal, this.pace.waitMs, look, wait);
    };
    return guarded;
  }

  /** Work in the guest that is ended when the hypervisor has stopped it. */
  duringPhase<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.during(signal, this.pace.phaseMs, () => this.whyStopped(), work);
  }

  private async during<T>(
    signal: AbortSignal | undefined,
    everyMs: number,
    look: () => Promise<Error | null>,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const trouble = new AbortController();
    const over = new AbortController();
    void this.watch(everyMs, look, trouble, over.signal);
    try {
      return await work(signal === undefined ? trouble.signal : AbortSignal.any([signal, trouble.signal]));
    } catch (error) {
      if (signal?.aborted !== true) trouble.signal.throwIfAborted();
      throw error;
    } finally {
      over.abort();
    }
  }

  private async watch(
    everyMs: number,
    look: () => Promise<Error | null>,
    trouble: AbortController,
    over: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const isOver = await delay(everyMs, false, { signal: over, ref: false }).catch(() => true);
      // A look that fails says nothing about the guest.
      const found = isOver ? null : await look().catch(() => null);
      if (found !== null) trouble.abort(found);
      if (isOver || found !== null) return;
    }
  }

  private async whyNeverReady(since: number): Promise<Error | null> {
    const state = await this.state();
    if (state === "missing") return this.trouble("is not defined any more", []);
    if (state.startsWith("shut off")) {
      const lines = await this.lastLines(since);
      return this.trouble(`went off while it was waited for (libvirt: ${state})`, lines);
    }
    const stopped = await this.whyStopped(state);
    if (stopped !== null) return stopped;
    const lines = panicLines(await this.console(since));
    return lines === null ? null : this.trouble("has panicked; its console says", lines);
  }

  private async whyStopped(known?: string): Promise<Error | null> {
    const state = known ?? (await this.state());
    if (state.startsWith("crashed"))
      return this.trouble(`has crashed (libvirt: ${state})`, await this.lastLines(0));
    if (!/^paused \(.*I\/O error/i.test(state)) return null;
    const { stdout } = await this.host.shell.run({
      argv: ["df", "-h", "--output=avail,target", "--", this.files.folder],
      timeoutMs: LOOK_LIMIT_MS,
    });
    const [free = "?", on = ""] = (stdout.trim().split("\n").at(-1) ?? "").trim().split(/\s+/);
    return this.trouble(
      `was stopped because its disk could not be written: is the hypervisor's disk full? ${free} are free in ${on}`,
      [],
    );
  }

  /** As `virsh domstate --reason` says it: `running (booted)`. */
  private async state(): Promise<string> {
    const argv = ["domstate", "--reason", "--domain", this.domain];
    const result = await this.host.tryVirsh(argv, { timeoutMs: LOOK_LIMIT_MS });
    if (saysDomainMissing(result)) return "missing";
    return result.exitCode === 0 ? result.stdout.trim() : "unknown";
  }

  private async console(since: number): Promise<string> {
    if (since === Infinity) return "";
    const argv = ["sh", "-c", TAIL, "sh", this.files.console, String(since), String(CONSOLE_TAIL)];
    return (await this.host.shell.run({ argv, timeoutMs: LOOK_LIMIT_MS })).stdout;
  }

  private async lastLines(since: number): Promise<readonly string[]> {
    const text = await this.console(since).catch(() => "");
    return panicLines(text) ?? shownLines(text).slice(-LAST_LINES);
  }

  private trouble(what: string, lines: readonly string[]): Error {
    return new GuestTroubleError(this.guest, what, lines);
  }
}

/** The lines of a console around a panic of the kernel (Linux, BSD); null: it shows none. */
export function panicLines(text: string): readonly string[] | null {
  const lines = shownLines(text);
  const at = lines.findIndex((line) => /Kernel panic - not syncing|^(?:\[[^\]]*\] )?panic: /.test(line));
  return at < 0 ? null : lines.slice(Math.max(0, at - BEFORE_PANIC), at + 1 + AFTER_PANIC);
}

function shownLines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .map((line) => printableLine(line, LINE_WIDTH).trimEnd())
    .filter((line) => line !== "");
}
