import { posix } from "node:path";
import type { ImageStep } from "../../../definitions/images";
import type { MadeImage } from "../sources/made-image";
import type { Workshop } from "../workshop";
import { convert } from "./convert";
import { customize } from "./customize";
import { decompress } from "./decompress";
import { resize } from "./resize";
import { runScript } from "./run-script";

/** Takes an image through the steps of its definition, in order. */
export async function runSteps(
  workshop: Workshop,
  image: MadeImage,
  steps: readonly ImageStep[],
): Promise<MadeImage> {
  let current = image;
  for (const [index, step] of steps.entries()) {
    workshop.observer.progress(`step ${index + 1} of ${steps.length}: ${step.name ?? step.kind}`);
    const before = current.path;
    const path = await runStep(workshop, before, posix.join(workshop.folder, `step-${index + 1}`), step);
    // The digest of the source says nothing about the content any more.
    current = { ...current, path, digest: undefined };
    if (path !== before) await workshop.host.files.remove(before);
  }
  return current;
}

/** @returns the path of the result: `output`, or `input` when the step works in place. */
function runStep(workshop: Workshop, input: string, output: string, step: ImageStep): Promise<string> {
  switch (step.kind) {
    case "decompress":
      return decompress(workshop, input, output, step);
    case "convert":
      return convert(workshop, input, output, step.to);
    case "resize":
      return resize(workshop, input, step);
    case "customize":
      return customize(workshop, input, step);
    case "run":
      return runScript(workshop, input, step);
  }
}
