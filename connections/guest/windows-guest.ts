import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createReadStream, createWriteStream } from "node:fs";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import type { CopyOptions, GuestScript } from "../guest-connection";
import { CommandError, type CommandResult } from "../shell";
import type { GuestExecutor, GuestProgram } from "./executor";
import { packFolder, receiveFile, receiveFolder } from "./local-files";
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

  async copyFrom(guestPath: string, localPath: string, options: CopyOptions): Promise<void> {
    const label = ["fetch", guestPath];
    const kind = (await this.must(label, options, (mark) => texts.kindText(mark, guestPath))).stdout.trim();
    if (kind === "") throw new Error(`there is no ${guestPath} in the guest (${this.executor.description})`);
    if (kind === "file") return this.fetchFile(label, guestPath, localPath, options);
    const remote = archiveName();
    await this.must(label, options, (mark) => texts.packText(mark, remote, guestPath));
    await inTemporaryFolder(async (folder) => {
      const local = join(folder, "archive.tar");
      await this.fetchFile(label, remote, local, options);
      await receiveFolder(localPath).consume(createReadStream(local));
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

  private async fetchFile(label: string[], from: string, to: string, options: CopyOptions): Promise<void> {
    const encoded = `${to}.base64`;
    const receiver = receiveFile(encoded);
    try {
      await this.must(label, options, (mark) => texts.readText(mark, from), undefined, receiver.consume);
      await receiver.keep();
      const lines = (await readFile(encoded, "latin1")).split(/\r?\n/);
      await writeFile(to, Buffer.concat(lines.map((line) => Buffer.from(line, "base64"))));
    } finally {
      await receiver.discard();
      await rm(encoded, { force: true });
    }
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
