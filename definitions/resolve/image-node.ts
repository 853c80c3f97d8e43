import { mergeNodes } from "../source/merge";
import { filterKeys, type MapNode, type SourceNode } from "../source/node";
import type { Mistakes } from "../source/mistakes";
import type { Library } from "./library";

/**
 * The image of a guest as one map: a name, or an image that `extends` one, is looked up under `images:`; and
 * `imageSource` decides between the vendor's image and the fallback, so that what is not taken is not evaluated.
 */
export function imageNode(
  image: SourceNode,
  choice: "auto" | "vendor" | "packages",
  library: Library,
  mistakes: Mistakes,
): MapNode | undefined {
  const map = image.kind === "map" ? extended(image, library) : named(image, library);
  if (map === undefined || choice === "auto") return map;
  const withoutFallback = filterKeys(map, (key) => key !== "fallback");
  if (choice === "vendor" || map.entries.has("packages")) return withoutFallback;
  const fallback = map.entries.get("fallback");
  if (fallback?.kind === "map" && fallback.entries.has("packages")) {
    return fallback.entries.has("steps") ? fallback : withSteps(fallback, map);
  }
  mistakes.at(map.source, {
    what: "this image cannot be built from packages",
    allowed: 'an image with "packages", or with a "fallback" that has them',
    remedy: 'add one, or take another "imageSource" for this platform',
  });
  return undefined;
}

/** A fallback goes through the steps of the image that it stands in for, unless it has its own. */
function withSteps(fallback: MapNode, image: MapNode): MapNode {
  const steps = image.entries.get("steps");
  return steps === undefined
    ? fallback
    : { ...fallback, entries: new Map([...fallback.entries, ["steps", steps]]) };
}

function named(image: SourceNode, library: Library): MapNode | undefined {
  if (image.kind !== "scalar" || typeof image.value !== "string") return undefined;
  return library.get(image.value, image);
}

function extended(image: MapNode, library: Library): MapNode | undefined {
  const base = image.entries.get("extends");
  if (base?.kind !== "scalar" || typeof base.value !== "string") return image;
  const below = library.get(base.value, base);
  const above = filterKeys(image, (key) => key !== "extends");
  return below === undefined ? undefined : (mergeNodes(below, above) as MapNode);
}
