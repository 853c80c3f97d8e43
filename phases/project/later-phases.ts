import { oneOf } from "../../definitions/nearest";
import type { FilePhase, PhaseName } from "../lifecycle/phase-names";
import type { StepPlace } from "./step-place";

/** The phases that come after a phase in a run, and so can be left out by it. */
const LATER_PHASES: Readonly<Record<FilePhase, readonly PhaseName[]>> = {
  dependencies: ["init", "create init", "main", "terminate", "shutdown"],
  init: ["create init", "main", "terminate", "shutdown"],
  main: ["terminate", "shutdown"],
  terminate: ["shutdown"],
};

/** The phases of a `skip`, all of which have to come later. */
export function checkSkip(phases: readonly PhaseName[], place: StepPlace): readonly PhaseName[] {
  const later = LATER_PHASES[place.phase];
  const over = phases.filter((phase) => !later.includes(phase));
  if (over.length > 0) {
    place.mistakes.at(
      { file: place.yaml, path: [...place.at, "skip"] },
      {
        what: `${place.phase} can only skip a phase that comes later`,
        found: over.join(", "),
        allowed: oneOf(later),
      },
    );
  }
  return phases;
}
