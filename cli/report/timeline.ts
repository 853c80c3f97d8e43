import type { PhaseResult, RunResult } from "../../phases/lifecycle/result";

/** Where the bar of a phase lies in a timeline, in percent of its width. */
export interface Bar {
  readonly phase: PhaseResult;
  readonly left: number;
  readonly width: number;
}

/** Bars thinner than this could not be seen. Percent. */
const THINNEST = 0.4;

/** Lays the phases of a run out over the time that it took. */
export function timelineOf(result: RunResult): readonly Bar[] {
  const start = Date.parse(result.startedAt);
  const ends = result.phases.map((phase) => Date.parse(phase.startedAt) + phase.durationMs);
  const span = Math.max(1, result.durationMs, ...ends.map((end) => end - start));
  return result.phases.map((phase) => {
    const left = clamp(((Date.parse(phase.startedAt) - start) / span) * 100);
    const isShown = phase.status !== "skipped";
    const width = isShown ? Math.max(THINNEST, (phase.durationMs / span) * 100) : 0;
    return { phase, left: Math.min(left, 100 - width), width };
  });
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent));
}
