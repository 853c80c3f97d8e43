import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createReadStream, createWriteStream } from "node:fs";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import { decodedLines } from "../arrivals/base64";
import { Receiver } from "../arrivals/receive";
import type { CopyOptions, FetchOptions, GuestScript } from "../guest-connection";
import { CommandError, type CommandResult } from "../shell";
import type { GuestExecutor, GuestProgram } from "./executor";
import { packFolder } from "./pack-folder";
import * as texts from "./powershell-scripts";
import { scriptText } from "./script-text";

const HOUSEKEEPING_MS = COMMAND_LIMITS.housekeeping;
/** Bytes per line of base64: a multiple of three, so that lines need no padding. */
const BYTES_PER_LINE = 49_152;

/**
 * What steps do in a Windows guest with PowerShell over OpenSSH. Nobody escalates there: the login user has the rights
 * that steps need. Modes and owners have no meaning there and are left out.
 */
export class WindowsGuest {
  constructor(private readonly executor: GuestExecutor) {}

  run(script: GuestScript): Promise<CommandResult> {
    if (script.as !== undefined) {
      return Promise.reject(
        new Error("a step of a Windows guest cannot change the user: log in as that user"),
      );
    }
    return this.executor.exec({
      argv: (mark) => texts.powershellArgv(texts.runText(mark)),
      label: ["the script"],
      stdin: texts.runInput(scriptText(script), script.stdin),
      timeoutMs: script.timeoutMs,
      ...(script.signal && { signal: script.signal }),
      ...(script.onOutput && { onOutput: script.onOutput }),
    });
  }

  async write(path: string, content: Buffer, options: CopyOptions): Promise<void> {
    await this.must(
      ["write", path],
      options,
      (mark) => texts.writeText(mark, path, content.length),
      base64Lines(content),
    );
  }

  async copyTo(localPath: string, guestPath: string, options: CopyOptions): Promise<void> {
    if (!(await stat(localPath)).isDirectory())
      return this.write(guestPath, await readFile(localPath), options);
    const archive = packFolder(localPath);
    await inTemporaryFolder(async (folder) => {
      const local = join(folder, "archive.tar");
      await pipeline(archive.stream, createWriteStream(local)).finally(() => archive.stop());
      await archive.done;
      const remote = archiveName();
      await this.write(remote, await readFile(local), options);
      await this.must(["copy", localPath, guestPath], options, (mark) =>
        texts.unpackText(mark, remote, guestPath),
      );
    });
  }

  async copyFrom(guestPath: string, localPath: string, options: FetchOptions): Promise<void> {
    const label = ["fetch", guestPath];
    const kind = (await this.must(label, options, (mark) => texts.kindText(mark, guestPath))).stdout.trim();
    if (kind === "") throw new Error(`there is no ${guestPath} in the guest (${this.executor.description})`);
    if (kind === "file") return this.fetchFile(label, guestPath, localPath, options);
    if (kind !== "folder") {
      throw new Error(`${this.executor.description} does not say whether ${guestPath} is a file or a folder`);
    }
    const remote = archiveName();
    await this.must(label, options, (mark) => texts.packText(mark, remote, guestPath));
    await inTemporaryFolder(async (folder) => {
      const local = join(folder, "archive.tar");
      await this.fetchFile(label, remote, local, { ...options, within: folder });
      const receiver = new Receiver("folder", localPath, options);
      await receiver.receive(() => receiver.consume(createReadStream(local)));
    });
    await this.must(label, options, (mark) => texts.removeText(mark, remote));
  }

  /** The clock alone: Windows cannot be told to reseed. */
  async refresh(): Promise<readonly string[]> {
    await this.must(["set the clock"], { timeoutMs: HOUSEKEEPING_MS }, (mark) =>
      texts.setClockText(mark, new Date()),
    );
    return [];
  }

  async syncFileSystems(signal?: AbortSignal): Promise<void> {
    await this.must(["sync"], limited(signal), (mark) => texts.syncText(mark));
  }

  private async fetchFile(label: string[], from: string, to: string, options: FetchOptions): Promise<void> {
    const receiver = new Receiver("file", to, options);
    const consume = (stdout: Readable): Promise<void> => {
      const decoded = decodedLines();
      return Promise.all([pipeline(stdout, decoded), receiver.consume(decoded)]).then(() => undefined);
    };
    await receiver.receive(() =>
      this.must(label, options, (mark) => texts.readText(mark, from), undefined, consume),
    );
  }

  private async must(
    label: readonly string[],
    { timeoutMs, signal }: Pick<CopyOptions, "timeoutMs" | "signal">,
    text: (mark: string) => string,
    stdin?: string,
    consume?: GuestProgram["consume"],
  ): Promise<CommandResult> {
    const result = await this.executor.exec({
      argv: (mark) => texts.powershellArgv(text(mark)),
      label,
      timeoutMs,
      ...(stdin === undefined ? {} : { stdin }),
      ...(signal && { signal }),
      ...(consume && { consume }),
    });
    if (result.exitCode !== 0) throw new CommandError(this.executor.description, label, result);
    return result;
  }
}

function limited(signal: AbortSignal | undefined): Pick<CopyOptions, "timeoutMs" | "signal"> {
  return { timeoutMs: HOUSEKEEPING_MS, ...(signal && { signal }) };
}

/** Content as lines of base64. */
export function base64Lines(content: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < content.length; at += BYTES_PER_LINE) {
    lines.push(`${content.subarray(at, at + BYTES_PER_LINE).toString("base64")}\n`);
  }
  return lines.join("");
}

function archiveName(): string {
  return `C:\\Windows\\Temp\\gf-${randomBytes(12).toString("hex")}.tar`;
}

async function inTemporaryFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "gf-copy-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
