import { z } from "zod";
import { UserError } from "../../definitions/user-error";
import { CommandError } from "../../connections/shell";
import { runConfined } from "./confined";
import { examineImage } from "./disk-format/examine";
import { hostImage } from "./disk-format/host-image";
import { type DiskFormat, isDamaged, needsAnother } from "./disk-format/image-bytes";
import { requireSize } from "./size-limit";
import type { Workshop } from "./workshop";

const TIMEOUT_MS = 600_000;

const QemuImgInfo = z.object({
  "virtual-size": z.number(),
  "backing-filename": z.string().optional(),
  encrypted: z.boolean().optional(),
  "format-specific": z.object({ data: z.object({ "data-file": z.string().optional() }) }).optional(),
});

/** What is known of an image in a workshop that stands alone. */
export interface ImageFacts {
  readonly format: DiskFormat;
  /** Bytes of the disk. */
  readonly virtualSize: number;
}

/**
 * Facts of an image in a workshop, whoever made it.
 * @throws UserError for what is no disk image, for a format that is not taken, for a damaged qcow2, and for an image that
 * needs another file, which would bring a file of the hypervisor into guests.
 */
export async function inspectImage(workshop: Workshop, path: string): Promise<ImageFacts> {
  const format = await examineImage(await hostImage(workshop.host, path));
  if (format === "qcow2") await checkQcow2(workshop, path);
  const virtualSize = await virtualSizeOf(workshop, path, format);
  requireSize(workshop.host, "the disk of the image", virtualSize);
  return { format, virtualSize };
}

/** Bytes of the disk in an image of a known format; once more, and by QEMU itself, nothing else may be opened. */
export async function virtualSizeOf(workshop: Workshop, path: string, format: DiskFormat): Promise<number> {
  const text = await qemuImg(workshop, path, ["info", "-f", format, "--output=json", "./in"]);
  const info = QemuImgInfo.parse(JSON.parse(text));
  const other = info["backing-filename"] ?? info["format-specific"]?.data["data-file"];
  if (other !== undefined || info.encrypted === true) {
    throw new UserError(needsAnother(other === undefined ? "a key" : JSON.stringify(other)));
  }
  return info["virtual-size"];
}

/** Lost room, which does no harm. */
const LEAKS = 3;

/** What a guest would find minutes later: a download that was cut, references into nothing. */
async function checkQcow2(workshop: Workshop, path: string): Promise<void> {
  try {
    await qemuImg(workshop, path, ["check", "-q", "-f", "qcow2", "./in"]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { exitCode, stdout, stderr } = error.result;
    if (exitCode === LEAKS) return;
    const said = `${stdout}\n${stderr}`.split("\n").find((line) => line.trim() !== "");
    throw new UserError(isDamaged(`qemu-img check says: ${said?.trim() ?? `exit code ${exitCode}`}`));
  }
}

const QemuImgMeasure = z.object({ required: z.number() });

/** Bytes that the content of an image takes; holes take none. */
export async function contentSize(workshop: Workshop, path: string, format: DiskFormat): Promise<number> {
  const text = await qemuImg(workshop, path, [
    ...["measure", "--output=json", "-f", format, "-O", "qcow2", "./in"],
  ]);
  return QemuImgMeasure.parse(JSON.parse(text)).required;
}

function qemuImg(workshop: Workshop, path: string, args: readonly string[]): Promise<string> {
  return runConfined(workshop, { argv: ["qemu-img", ...args], input: path, timeoutMs: TIMEOUT_MS });
}
