import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import { posix } from "node:path";
import type { ImageSource } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { formatSize, requireSpace } from "../space";
import type { Workshop } from "../workshop";
import type { MadeImage } from "./made-image";

type FileSource = Extract<ImageSource, { kind: "file" }>;

/** What is held in memory at once. */
const PART_BYTES = 16 * 1024 ** 2;

/** Brings an image file of the controller to the hypervisor, and checks it on the way where a checksum is given. */
export async function uploadFile(
  workshop: Workshop,
  name: string,
  { path: asWritten, checksum }: FileSource,
): Promise<MadeImage> {
  const local = workshop.controllerFile(asWritten);
  const { size } = await stat(local);
  await requireSpace(workshop.host, `to make base image "${name}"`, 2 * size);
  if (checksum?.kind === "manifest") {
    throw new UserError({
      what: `base image "${name}": a file has no list of checksums`,
      remedy: "write its own digest, as sha256: or sha512:",
    });
  }
  workshop.observer.progress(`copying ${asWritten} (${formatSize(size)}) to the hypervisor`);
  const path = posix.join(workshop.folder, "upload");
  // An empty file has no parts.
  await workshop.host.files.writeAtomic(path, "", "0600");
  const sha256 = createHash("sha256");
  const wanted = checksum?.kind === "literal" ? createHash(checksum.algorithm) : undefined;
  await inParts(local, async (part) => {
    sha256.update(part);
    wanted?.update(part);
    await workshop.host.shell.output({
      argv: ["sh", "-c", 'cat >> "$1"', "sh", path],
      stdin: part,
      timeoutMs: 600_000,
      signal: workshop.signal,
    });
  });
  const found = wanted?.digest("hex");
  if (checksum?.kind === "literal" && found !== checksum.value) {
    throw new UserError({
      what: `base image "${name}": the file is not the expected one; the cache stays as it was`,
      file: asWritten,
      found: `${checksum.algorithm} ${found ?? ""}`,
      allowed: `${checksum.algorithm} ${checksum.value}`,
      remedy: "use the right file, or correct the checksum",
    });
  }
  return { path, digest: sha256.digest("hex"), source: `file ${asWritten}` };
}

async function inParts(path: string, use: (part: Buffer) => Promise<void>): Promise<void> {
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(PART_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PART_BYTES);
      if (bytesRead === 0) return;
      await use(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
