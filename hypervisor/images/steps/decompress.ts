import type { ImageStep } from "../../../definitions/images";
import { imageSizeLimit, requireSize } from "../size-limit";
import { requireSpace } from "../space";
import type { Workshop } from "../workshop";

const TIMEOUT_MS = 3_600_000;

/** Unpacks an image; of an archive, the one file that is in it or the one that is named. */
export async function decompress(
  workshop: Workshop,
  input: string,
  output: string,
  { format, member }: Extract<ImageStep, { kind: "decompress" }>,
): Promise<string> {
  await workshop.stage(["packed.sh", "unpacked-size.sh", "decompress.sh"]);
  const how = [format ?? "", ...(member === undefined ? [] : [member])];
  const size = await workshop.run({
    script: "unpacked-size.sh",
    args: [input, ...how],
    timeoutMs: TIMEOUT_MS,
  });
  requireSize(workshop.host, "what is packed in the image", Number(size));
  await requireSpace(workshop.host, "to unpack the image", Number(size));
  const limit = String(imageSizeLimit(workshop.host));
  await workshop.run({
    script: "decompress.sh",
    args: [input, output, limit, ...how],
    timeoutMs: TIMEOUT_MS,
  });
  return output;
}
