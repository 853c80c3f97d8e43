import { posix } from "node:path";
import type { ImageStep } from "../../../definitions/images";
import { requireSpace } from "../space";
import type { MadeImage } from "../sources/made-image";
import type { Workshop } from "../workshop";
import { convert } from "./convert";
import { customize } from "./customize";
import { decompress } from "./decompress";
import { resize } from "./resize";
import { runScript } from "./run-script";

const COPY_TIMEOUT_MS = 3_600_000;

/**
 * Takes an image through one step of its definition. The file that it comes in is shared with others and stays as it is.
 * @param number of the step in its definition, from 1
 */
export async function runStep(
  workshop: Workshop,
  image: MadeImage,
  step: ImageStep,
  number: number,
): Promise<MadeImage> {
  const output = posix.join(workshop.folder, `step-${number}`);
  const path = await resultOf(workshop, image.path, output, step);
  if (path !== image.path) await workshop.host.files.remove(image.path);
  // The digest of the source says nothing about the content any more.
  return { ...image, path, digest: undefined };
}

async function resultOf(workshop: Workshop, input: string, output: string, step: ImageStep): Promise<string> {
  switch (step.kind) {
    case "decompress":
      return decompress(workshop, input, output, step);
    case "convert":
      return convert(workshop, input, output, step.to);
    case "resize":
      return resize(workshop, await ownCopy(workshop, input, output), step);
    case "customize":
      return customize(workshop, await ownCopy(workshop, input, output), step);
    case "run":
      return runScript(workshop, await ownCopy(workshop, input, output), step);
  }
}

async function ownCopy(workshop: Workshop, input: string, output: string): Promise<string> {
  const [blocks = 0, blockSize = 0] = (
    await workshop.host.shell.output({ argv: ["stat", "-c", "%b %B", "--", input] })
  )
    .split(" ")
    .map(Number);
  await requireSpace(workshop.host, "for a copy of the image, whose last step is kept", blocks * blockSize);
  await workshop.stage(["own-copy.sh"]);
  await workshop.run({ script: "own-copy.sh", args: [input, output], timeoutMs: COPY_TIMEOUT_MS });
  return output;
}
