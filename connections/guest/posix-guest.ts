import { randomBytes } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import { Receiver } from "../arrivals/receive";
import type { CopyOptions, Escalation, FetchOptions, GuestScript } from "../guest-connection";
import { CommandError, LinkLostError, type CommandResult } from "../shell";
import { readCloudInit, type CloudInitVerdict } from "./cloud-init";
import type { GuestExecutor, GuestProgram } from "./executor";
import { packFolder } from "./pack-folder";
import * as scripts from "./posix-scripts";
import { type RefreshOutcome, refreshProblems } from "./reseed/outcome";
import { type PosixSystem, refresh } from "./reseed/refresh";
import { scriptText } from "./script-text";

const HOUSEKEEPING_MS = 15_000;
const REMOVAL_MS = 5_000;
const DEFAULT_MODE = "0644";

/** What steps do in a guest with a POSIX shell, over any transport. */
export class PosixGuest {
  constructor(
    private readonly executor: GuestExecutor,
    private readonly system: PosixSystem,
    /** How to become root, where the login user is not; to be made fresh, and for cloud-init's log. */
    private readonly root?: Escalation,
  ) {}

  async run(script: GuestScript): Promise<CommandResult> {
    const name = `gf-${randomBytes(12).toString("hex")}`;
    try {
      return await this.runNamed(name, script);
    } catch (error) {
      // After a lost link there is nobody to ask; the wrapper in the guest cleans up by itself.
      if (!(error instanceof LinkLostError)) await this.removeScript(name, script.as);
      throw error;
    }
  }

  private async runNamed(name: string, script: GuestScript): Promise<CommandResult> {
    const text = scriptText(script);
    const common = {
      label: ["the script"],
      timeoutMs: script.timeoutMs,
      saysEnd: true,
      ...(script.as && { as: script.as }),
      ...(script.signal && { signal: script.signal }),
    };
    const output = script.onOutput && { onOutput: script.onOutput };
    if (script.stdin === undefined) {
      const argv = (mark: string) => ["sh", "-c", scripts.RUN, "run", mark, script.shell, name];
      return this.executor.exec({ ...common, ...output, argv, stdin: text });
    }
    const upload = (mark: string) => ["sh", "-c", scripts.UPLOAD, "upload", mark, name];
    const file = (await this.must({ ...common, argv: upload, stdin: text })).stdout.trim();
    const argv = (mark: string) => ["sh", "-c", scripts.RUN_UPLOADED, "run", mark, script.shell, file];
    return this.executor.exec({ ...common, ...output, argv, stdin: script.stdin });
  }

  /** After a script that was stopped hard. */
  private async removeScript(name: string, as?: Escalation): Promise<void> {
    const argv = ["sh", "-c", scripts.REMOVE_SCRIPT, "remove", name];
    await this.executor
      .exec({ argv, label: argv, timeoutMs: REMOVAL_MS, ...(as && { as }) })
      .catch(() => undefined);
  }

  async write(path: string, content: Buffer, options: CopyOptions): Promise<void> {
    await this.send(path, content, content.length, options.mode ?? DEFAULT_MODE, options);
  }

  async copyTo(localPath: string, guestPath: string, options: CopyOptions): Promise<void> {
    const source = await stat(localPath);
    if (!source.isDirectory()) {
      const mode = options.mode ?? (source.mode & 0o7777).toString(8).padStart(4, "0");
      return this.sendFile(localPath, guestPath, source.size, mode, options);
    }
    const archive = packFolder(localPath);
    const argv = ["sh", "-c", scripts.UNPACK, "unpack", guestPath, options.mode ?? "", options.owner ?? ""];
    const label = ["copy", localPath, guestPath];
    try {
      await this.must({ ...copying(options), argv, label, stdin: archive.stream });
      await archive.done;
    } finally {
      archive.stop();
    }
  }

  /** The file is opened first: one that cannot be is told as such, whether the guest can be reached or not. */
  private async sendFile(
    localPath: string,
    guestPath: string,
    size: number,
    mode: string,
    options: CopyOptions,
  ): Promise<void> {
    const file = await open(localPath);
    const content = file.createReadStream({ autoClose: false });
    // Whoever reads it is told as well; where nobody has begun to, the error of that says more.
    content.on("error", () => undefined);
    try {
      await this.send(guestPath, content, size, mode, options);
    } finally {
      content.destroy();
      await file.close();
    }
  }

  async copyFrom(guestPath: string, localPath: string, options: FetchOptions): Promise<void> {
    const label = ["fetch", guestPath];
    const ask = ["sh", "-c", scripts.KIND, "kind", guestPath];
    const kind = (await this.must({ ...copying(options), argv: ask, label })).stdout.trim();
    if (kind !== "folder" && kind !== "file") {
      throw new Error(`${this.executor.description} does not say whether ${guestPath} is a file or a folder`);
    }
    const receiver = new Receiver(kind, localPath, options);
    const argv = kind === "folder" ? ["tar", "-C", guestPath, "-cf", "-", "."] : ["cat", "--", guestPath];
    await receiver.receive(() => this.must({ ...copying(options), argv, label, consume: receiver.consume }));
  }

  async refresh(): Promise<readonly string[]> {
    return refreshProblems(await this.tryRefresh());
  }

  tryRefresh(): Promise<RefreshOutcome> {
    return refresh(this.executor, this.system, this.root);
  }

  async syncFileSystems(signal?: AbortSignal): Promise<void> {
    const timeoutMs = COMMAND_LIMITS.sync;
    await this.must({ argv: ["sync"], label: ["sync"], timeoutMs, alone: true, ...(signal && { signal }) });
  }

  /** Waits for cloud-init, where there is one. */
  async cloudInit(timeoutMs: number, signal?: AbortSignal): Promise<CloudInitVerdict> {
    const argv = ["sh", "-c", scripts.CLOUD_INIT, "cloud-init"];
    const label = ["cloud-init status --wait"];
    const result = await this.executor.exec({ argv, label, timeoutMs, ...(signal && { signal }) });
    const verdict = readCloudInit(result.stdout, result.exitCode);
    if (verdict.state === "ready") return verdict;
    const logArgv = ["sh", "-c", scripts.CLOUD_INIT_LOG, "log"];
    const log = await this.executor
      .exec({ argv: logArgv, label: logArgv, timeoutMs: HOUSEKEEPING_MS, ...this.asRoot() })
      .catch(() => undefined);
    const lines = log?.stdout.trim();
    return lines ? { state: "failed", reason: `${verdict.reason}\n${lines}` } : verdict;
  }

  private asRoot(): { as?: Escalation } {
    return this.root === undefined ? {} : { as: this.root };
  }

  private async send(
    path: string,
    content: GuestProgram["stdin"],
    size: number,
    mode: string,
    options: CopyOptions,
  ): Promise<void> {
    const argv = ["sh", "-c", scripts.WRITE, "write", path, String(size), mode, options.owner ?? ""];
    await this.must({
      ...copying(options),
      argv,
      label: ["write", path],
      ...(content && { stdin: content }),
    });
  }

  private async must(program: GuestProgram): Promise<CommandResult> {
    const result = await this.executor.exec(program);
    if (result.exitCode !== 0) throw new CommandError(this.executor.description, program.label, result);
    return result;
  }
}

function copying({ as, timeoutMs, signal }: CopyOptions): Pick<GuestProgram, "as" | "timeoutMs" | "signal"> {
  return { timeoutMs, ...(as && { as }), ...(signal && { signal }) };
}
