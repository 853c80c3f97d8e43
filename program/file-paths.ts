import { isAbsolute, posix } from "node:path";
import { keyFileOf } from "../components/guest/key-file";
import type { ResolvedFarm } from "../definitions";
import type { ImageDefinition } from "../definitions/images";

/**
 * A farm whose guests name files of the controller relative to the program's folder, where providers look for them,
 * instead of relative to the farm file. Pure.
 *
 * @param folder the farm file's folder, relative to the program's
 */
export function relativeToProgram(farm: ResolvedFarm, folder: string): ResolvedFarm {
  const at = (path: string) => (isAbsolute(path) ? path : posix.join(folder, path));
  const guests = farm.guests.map((guest) => {
    const { image, seed, auth } = guest;
    const userDataFile = seed?.userDataFile;
    return {
      ...guest,
      auth: keyFileOf(guest) === undefined ? auth : { ...auth, key: at(keyFileOf(guest) ?? "") },
      image: imageAt(image, at),
      seed: seed === null || userDataFile === undefined ? seed : { ...seed, userDataFile: at(userDataFile) },
    };
  });
  return { ...farm, guests };
}

type Place = (path: string) => string;

function imageAt(image: ImageDefinition, at: Place): ImageDefinition {
  const { source, steps, fallback } = image;
  const placed = {
    source: sourceAt(source, at),
    steps: steps.map((step) =>
      step.kind === "run" && step.script !== undefined ? { ...step, script: at(step.script) } : step,
    ),
  };
  return { ...image, ...placed, ...(fallback === undefined ? {} : { fallback: imageAt(fallback, at) }) };
}

function sourceAt(source: ImageDefinition["source"], at: Place): ImageDefinition["source"] {
  if (source.kind !== "url" && source.kind !== "file") return source;
  const { checksum } = source;
  const signed = checksum?.kind === "manifest" && checksum.key !== undefined;
  const placed = signed ? { ...source, checksum: { ...checksum, key: at(checksum.key ?? "") } } : source;
  return placed.kind === "file" ? { ...placed, path: at(placed.path) } : placed;
}
