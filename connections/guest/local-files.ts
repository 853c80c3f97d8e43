import { createWriteStream } from "node:fs";
import { chmod, mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { startChild } from "../process/child";
import { TailBuffer } from "../process/tail-buffer";

/** A tar archive of a folder's contents, as it is made. */
export function packFolder(folder: string): {
  readonly stream: Readable;
  readonly done: Promise<void>;
  /** Ends tar, if it still runs: nobody reads on. */
  readonly stop: () => void;
} {
  const tar = startChild(["tar", "-C", folder, "-cf", "-", "."], {
    stdin: "ignore",
    slowReader: true,
  });
  const stderr = new TailBuffer();
  tar.process.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  if (tar.process.stdout === null) throw new Error("tar has no output");
  const done = tar.ended.then(({ exitCode, startError }) => {
    // 1: a file changed while it was read.
    if (exitCode > 1)
      throw new Error(`${folder} cannot be packed: ${startError ?? stderr.toString().trim()}`);
  });
  done.catch(() => undefined);
  // Node throws away what nobody has begun to read when a program ends.
  const stream = tar.process.stdout.pipe(new PassThrough());
  stream.on("error", () => undefined);
  const stop = (): void => {
    stream.destroy();
    tar.kill();
  };
  return { stream, done, stop };
}

/** Takes what comes from a guest; nothing of a broken transfer is kept under the wanted name. */
export interface Receiver {
  readonly consume: (stream: Readable) => Promise<void>;
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/** Receives one file. `mode` is octal; default: as for any new file. */
export function receiveFile(path: string, mode?: string): Receiver {
  const part = `${path}.part-${process.pid}`;
  return {
    consume: async (stream) => {
      await mkdir(dirname(path), { recursive: true });
      await pipeline(stream, createWriteStream(part));
    },
    keep: async () => {
      if (mode !== undefined) await chmod(part, Number.parseInt(mode, 8));
      await rename(part, path);
    },
    discard: () => rm(part, { force: true }),
  };
}

/** Receives a tar archive into a folder, among what is there. */
export function receiveFolder(folder: string): Receiver {
  return {
    consume: async (stream) => {
      await mkdir(folder, { recursive: true });
      const tar = startChild(["tar", "-C", folder, "--no-same-owner", "-xf", "-"], { stdin: "pipe" });
      const stderr = new TailBuffer();
      tar.process.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
      if (tar.process.stdin === null) throw new Error("tar has no input");
      await pipeline(stream, tar.process.stdin).catch(() => undefined);
      const { exitCode, startError } = await tar.ended;
      if (exitCode !== 0) throw new Error(`${folder}: ${startError ?? stderr.toString().trim()}`);
    },
    keep: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}
