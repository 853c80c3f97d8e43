import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageStep } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { runConfined } from "../confined";
import { contentSize, inspectImage } from "../inspect";
import { requireSpace } from "../space";
import { SCRIPTS_FOLDER, type Workshop } from "../workshop";

const TIMEOUT_MS = 3_600_000;
const COPIES = 3;

/** Enlarges the disk, a partition and its file system; never makes anything smaller. */
export async function resize(
  workshop: Workshop,
  image: string,
  { sizeMiB, partition }: Extract<ImageStep, { kind: "resize" }>,
): Promise<string> {
  const { format, virtualSize } = await inspectImage(workshop, image);
  const bytes = sizeMiB * 1024 ** 2;
  if (bytes < virtualSize) {
    throw new UserError({
      what: "images are not made smaller",
      found: `a step to ${sizeMiB} MiB`,
      allowed: `at least ${Math.ceil(virtualSize / 1024 ** 2)} MiB, the size of the image's disk`,
      remedy: "give the step resize a larger size, or leave it out",
    });
  }
  if (bytes === virtualSize) return image;
  // The whole disk, the one file system and the result lie beside each other; holes take no room.
  const room = COPIES * (await contentSize(workshop, image, format));
  await requireSpace(workshop.host, `to enlarge the image to ${sizeMiB} MiB`, room);
  const script = readFileSync(join(SCRIPTS_FOLDER, "resize.sh"), "utf8");
  const args = ["./in", format, String(bytes), ...(partition === undefined ? [] : [String(partition)])];
  await runConfined(workshop, {
    argv: ["bash", "-c", script, "resize.sh", ...args],
    input: image,
    output: image,
    timeoutMs: TIMEOUT_MS,
  });
  return image;
}
