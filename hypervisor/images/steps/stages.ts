import type { PlainImage } from "../../../definitions/images";

/** An image after its source, and after each of its steps, in order. Pure. */
export function stagesOf(image: PlainImage): readonly PlainImage[] {
  return [...image.steps.keys(), image.steps.length].map((count) => ({
    ...image,
    steps: image.steps.slice(0, count),
  }));
}
