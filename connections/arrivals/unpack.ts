import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { UserError } from "../../definitions/user-error";
import { startChild } from "../process/child";
import { TailBuffer } from "../process/tail-buffer";
import { printableLine } from "../printable";
import { type ArrivalLimits, limitedBytes, tooMany } from "./limits";
import { isInnerName } from "./links";

/** Longest name that is looked at; no file system has longer ones. */
const LONGEST_NAME = 64 * 1024;

/**
 * Unpacks a guest's tar archive into an empty folder, with no owners and no special modes. What may not stay is still
 * there afterwards: see `sift`.
 *
 * @throws UserError above a limit, and for names that lead out of the folder
 */
export async function unpack(stream: Readable, folder: string, limits: ArrivalLimits): Promise<void> {
  const argv = ["tar", "-C", folder, "--no-same-owner", "--no-same-permissions", "-xvf", "-"];
  const tar = startChild(argv, { stdin: "pipe" });
  const { stdin, stdout, stderr } = tar.process;
  if (stdin === null || stdout === null) throw new Error("tar has no input");
  const words = new TailBuffer();
  stderr?.on("data", (chunk: Buffer) => words.push(chunk));
  let refusal: UserError | undefined;
  const names = new NameCheck(limits);
  stdout.on("data", (chunk: Buffer) => {
    if (refusal !== undefined) return;
    refusal = names.push(chunk.toString("latin1"));
    if (refusal !== undefined) tar.kill();
  });
  // tar may end before it has read the padding, which breaks the pipe: its exit code says what that means.
  await pipeline(stream, limitedBytes(limits), stdin).catch((error: unknown) => {
    if (!(error instanceof UserError)) return;
    refusal ??= error;
    tar.kill();
  });
  const { exitCode, startError } = await tar.ended;
  if (refusal !== undefined) throw refusal;
  if (exitCode === 0) return;
  const why = (startError ?? words.toString()).split("\n", 10).map((line) => printableLine(line));
  throw new Error(`what the guest has sent cannot be unpacked: ${why.join("\n").trim()}`);
}

/** Looks at the names that tar prints, one a line. */
class NameCheck {
  private rest = "";
  private count = 0;

  constructor(private readonly limits: ArrivalLimits) {}

  push(text: string): UserError | undefined {
    const lines = (this.rest + text).split("\n");
    this.rest = (lines.pop() ?? "").slice(0, LONGEST_NAME);
    this.count += lines.length;
    const outer = lines.find((name) => !isInnerName(name));
    if (outer !== undefined) {
      return new UserError({
        what: "the guest sends an archive with a name that leads out of it",
        found: printableLine(outer),
        remedy: "check the guest's tar; nothing of the archive was kept",
      });
    }
    // One line is the folder itself.
    return this.count > this.limits.files + 1 ? tooMany(this.limits) : undefined;
  }
}
