import { digestOf } from "../../definitions/canonical-json";
import type { ImageDefinition } from "../../definitions/images";

/** An image without the one that may stand in for it. */
export type PlainImage = Omit<ImageDefinition, "fallback">;

/** Definitions with one key have one image: names are for people, and a stand-in is no part of what is asked for. */
export function requestKey({ source, format, steps }: PlainImage): string {
  return digestOf({ source, format, steps: steps.map((step) => ({ ...step, name: undefined })) });
}
