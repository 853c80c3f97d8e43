import type { ImageObserver } from "../../hypervisor/images/observer";
import { progressOf } from "../progress";

/** Shows the work on an image on the row of a resource. */
export function imageObserver(urn: string): ImageObserver {
  const progress = progressOf(urn);
  return {
    progress: (text) => progress.say(text),
    warning: (text) => progress.warn(text),
  };
}
