import type { ImageStep } from "../../../definitions/images";
import type { Workshop } from "../workshop";

const TIMEOUT_MS = 3_600_000;

/** Unpacks an image; of an archive, the one file that is in it or the one that is named. */
export async function decompress(
  workshop: Workshop,
  input: string,
  output: string,
  { format, member }: Extract<ImageStep, { kind: "decompress" }>,
): Promise<string> {
  await workshop.stage(["decompress.sh"]);
  await workshop.run({
    script: "decompress.sh",
    args: [input, output, format ?? "", ...(member === undefined ? [] : [member])],
    timeoutMs: TIMEOUT_MS,
  });
  return output;
}
