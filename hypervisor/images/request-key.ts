import { digestOf } from "../../definitions/canonical-json";
import type { ImageDefinition } from "../../definitions/images";
import { recipeDigest } from "./sources/packages";

/** An image without the one that may stand in for it. */
export type PlainImage = Omit<ImageDefinition, "fallback">;

/**
 * Definitions with one key have one image: names are for people, and a stand-in is no part of what is asked for. What a
 * recipe does is: an image of an older version of it answers no new guest.
 */
export function requestKey({ source, format, steps }: PlainImage): string {
  const recipe = source.kind === "packages" ? recipeDigest(source.recipe) : undefined;
  return digestOf({ source, recipe, format, steps: steps.map((step) => ({ ...step, name: undefined })) });
}
