import type { PlainImage } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import type { EnsureOptions } from "./ensure-image";
import { lookUpThrough } from "./look-up";
import type { ImageObserver } from "./observer";
import { stepsKey } from "./request-key";
import { IMPATIENT, PATIENT, type Patience } from "./sources/url";
import { runPipeline } from "./steps/run-pipeline";
import { unlessUnreachable } from "./unreachable";
import { inWorkshop } from "./workshop";

const DONE = "its result is in the cache";

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
  const options = { host, requestKey: key, observer, folder, ...(signal === undefined ? {} : { signal }) };
  const run = (patience: Patience) =>
    inWorkshop(options, (workshop) => runPipeline(workshop, image, patience, "all"));
  if (!hasFallback) {
    await run(PATIENT);
    return DONE;
  }
  const outcome = await unlessUnreachable(host, image.source, false, () => run(IMPATIENT));
  return "made" in outcome ? DONE : `nothing is done: ${outcome.unreachable}; another image stands in`;
}
