import type { PlainImage } from "../../../definitions/images";
import { lastStepText } from "../build-plan";
import { stepsKey } from "../request-key";
import type { MadeImage } from "../sources/made-image";
import { obtain } from "../sources/obtain";
import type { Patience } from "../sources/url";
import type { Workshop } from "../workshop";
import { keepResult, KEEPING_SCRIPTS, takeResult } from "./kept-result";
import { runStep } from "./run-step";
import { stagesOf } from "./stages";

/** Which kept results may be used: all, none, or those that were made from one file of the vendor. */
export type KeptUse = "all" | "none" | { readonly vendorChecksum: string };

/**
 * Takes an image from its source through its steps. The source's and each step's result is kept by the digest of all that
 * it was made from, and what was kept is not made again.
 */
export async function runPipeline(
  workshop: Workshop,
  image: PlainImage,
  patience: Patience,
  use: KeptUse,
): Promise<MadeImage> {
  const { steps } = image;
  await workshop.stage(KEEPING_SCRIPTS);
  const kept = await takeLast(workshop, image, use);
  const done = kept?.steps ?? 0;
  let current = kept?.image ?? (await keep(await obtain(workshop, image, patience), 0));
  for (const [index, step] of steps.entries()) {
    if (index < done) continue;
    const number = index + 1;
    workshop.observer.progress(`step ${number} of ${steps.length}: ${step.name ?? step.kind}`);
    current = await keep(await runStep(workshop, current, step, number), number);
  }
  return current;

  async function keep(made: MadeImage, count: number): Promise<MadeImage> {
    const stage = { ...image, steps: steps.slice(0, count) };
    await keepResult(workshop, stepsKey(stage), { name: image.name, step: lastStepText(stage) }, made);
    return made;
  }
}

/** The kept result of as many steps as possible. */
async function takeLast(
  workshop: Workshop,
  image: PlainImage,
  use: KeptUse,
): Promise<{ readonly image: MadeImage; readonly steps: number } | null> {
  if (use === "none") return null;
  for (const stage of [...stagesOf(image)].reverse()) {
    const taken = await takeResult(workshop, stepsKey(stage));
    const { steps } = stage;
    if (taken === null) continue;
    if (typeof use === "object" && taken.vendorChecksum !== use.vendorChecksum) continue;
    if (image.steps.length > 0) workshop.observer.progress(whatIsKept(image, steps.length));
    return { image: taken, steps: steps.length };
  }
  return null;
}

function whatIsKept({ steps }: PlainImage, count: number): string {
  if (count === 0) return "the source is there from an earlier run";
  return `step ${count} of ${steps.length} is there from an earlier run: ${steps[count - 1]?.name ?? steps[count - 1]?.kind}`;
}
