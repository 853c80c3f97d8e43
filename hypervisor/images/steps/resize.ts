import type { ImageStep } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { contentSize } from "../inspect";
import { requireSpace } from "../space";
import type { Workshop } from "../workshop";
import { standaloneImage } from "./convert";

const TIMEOUT_MS = 3_600_000;
const COPIES = 3;

/** Enlarges the disk, a partition and its file system; never makes anything smaller. */
export async function resize(
  workshop: Workshop,
  image: string,
  { sizeMiB, partition }: Extract<ImageStep, { kind: "resize" }>,
): Promise<string> {
  const { format, virtualSize } = await standaloneImage(workshop, image);
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
  const room = COPIES * (await contentSize(workshop.host, image, format));
  await requireSpace(workshop.host, `to enlarge the image to ${sizeMiB} MiB`, room);
  await workshop.stage(["resize.sh"]);
  await workshop.run({
    script: "resize.sh",
    args: [image, format, String(bytes), ...(partition === undefined ? [] : [String(partition)])],
    timeoutMs: TIMEOUT_MS,
  });
  return image;
}
