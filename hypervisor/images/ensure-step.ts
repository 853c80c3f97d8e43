import type { PlainImage } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import type { EnsureOptions } from "./ensure-image";
import { lookUpThrough } from "./look-up";
import type { ImageObserver } from "./observer";
import { stepsKey } from "./request-key";
import { SourceUnreachableError } from "./script-failure";
import { IMPATIENT, PATIENT } from "./sources/url";
import { runPipeline } from "./steps/run-pipeline";
import { rememberUnreachable, unreachableLately } from "./unreachable";
import { inWorkshop } from "./workshop";

export interface EnsureStepOptions extends Pick<EnsureOptions, "folder" | "signal"> {
  /** Whether another image stands in when the source cannot be reached: then that is no error. */
  readonly hasFallback: boolean;
}

/**
 * Has the result of an image's last step (of its source, when it has no steps) in the cache, unless an image that was
 * made through it is there already.
 *
 * @returns what became of it, for people.
 * @throws as `ensureImage` does.
 */
export async function ensureStep(
  host: HypervisorHost,
  image: PlainImage,
  observer: ImageObserver,
  { hasFallback, folder = process.cwd(), signal }: EnsureStepOptions,
): Promise<string> {
  const key = stepsKey(image);
  const made = await lookUpThrough(host, key);
  if (made !== null) return `nothing to do: image ${made.digest.slice(0, 12)} is in the cache`;
  const known = hasFallback ? await unreachableLately(host, image.source) : null;
  if (known !== null) return standsIn(known);
  try {
    const options = { host, requestKey: key, observer, folder, ...(signal === undefined ? {} : { signal }) };
    await inWorkshop(options, (workshop) =>
      runPipeline(workshop, image, hasFallback ? IMPATIENT : PATIENT, "all"),
    );
    return "its result is in the cache";
  } catch (error) {
    if (!hasFallback || !(error instanceof SourceUnreachableError)) throw error;
    await rememberUnreachable(host, image.source, error.message);
    return standsIn(error.message);
  }
}

function standsIn(reason: string): string {
  return `nothing is done: ${reason}; another image stands in`;
}
