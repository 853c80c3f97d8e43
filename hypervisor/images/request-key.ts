import { digestOf } from "../../definitions/canonical-json";
import type { ImageSource, ImageStep, PlainImage } from "../../definitions/images";
import { recipeDigest } from "./sources/packages";

/**
 * Definitions with one key have one image: names are for people, and a stand-in is no part of what is asked for. What a
 * recipe does is: an image of an older version of it answers no new guest.
 */
export function requestKey({ format, ...made }: PlainImage): string {
  return digestOf({ ...inputsOf(made), format });
}

/** Images with one key are the same before the last conversion: their source and all steps are. */
export function stepsKey(image: Pick<PlainImage, "source" | "steps">): string {
  return digestOf(inputsOf(image));
}

function inputsOf({ source, steps }: Pick<PlainImage, "source" | "steps">) {
  const recipe = source.kind === "packages" ? recipeDigest(source.recipe) : undefined;
  return { source: contentOf(source), recipe, steps: steps.map(contentOfStep) };
}

/** A file whose digest is known is the same wherever it lies. */
function contentOf(source: ImageSource) {
  return source.kind === "file" && source.checksum?.kind === "literal"
    ? { ...source, path: undefined }
    : source;
}

function contentOfStep(step: ImageStep) {
  const unnamed = { ...step, name: undefined };
  return unnamed.kind === "run" && unnamed.text !== undefined ? { ...unnamed, script: undefined } : unnamed;
}
