import { z } from "zod";
import type { HypervisorHost } from "../host";

const QemuImgInfo = z.object({
  format: z.string(),
  "virtual-size": z.number(),
  "backing-filename": z.string().optional(),
});

/** What qemu-img sees in an image file. */
export interface ImageFacts {
  readonly format: string;
  /** Bytes of the disk. */
  readonly virtualSize: number;
  /** File that the image lies over. */
  readonly backing: string | undefined;
}

export async function inspectImage(host: HypervisorHost, path: string): Promise<ImageFacts> {
  const text = await host.shell.output({ argv: ["qemu-img", "info", "-U", "--output=json", "--", path] });
  const info = QemuImgInfo.parse(JSON.parse(text));
  return { format: info.format, virtualSize: info["virtual-size"], backing: info["backing-filename"] };
}

const QemuImgMeasure = z.object({ required: z.number() });

/** Bytes that the content of an image takes; holes take none. */
export async function contentSize(host: HypervisorHost, path: string, format: string): Promise<number> {
  const text = await host.shell.output({
    argv: ["qemu-img", "measure", "-U", "--output=json", "-f", format, "-O", "qcow2", path],
  });
  return QemuImgMeasure.parse(JSON.parse(text)).required;
}
