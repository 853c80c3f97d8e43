import { PassThrough, type Readable } from "node:stream";
import { LEFT_BEHIND } from "../../definitions/left-behind";
import { startChild } from "../process/child";
import { TailBuffer } from "../process/tail-buffer";

/** A tar archive of a folder's contents without `LEFT_BEHIND`, as it is made. */
export function packFolder(folder: string): {
  readonly stream: Readable;
  readonly done: Promise<void>;
  /** Ends tar, if it still runs: nobody reads on. */
  readonly stop: () => void;
} {
  const left = [...LEFT_BEHIND].map((name) => `--exclude=${name}`);
  const tar = startChild(["tar", ...left, "-C", folder, "-cf", "-", "."], {
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
