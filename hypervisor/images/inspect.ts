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
