/**
 * Whole milliseconds on a clock that only goes forward, whatever is done to the clock on the wall, and that stands still
 * while the machine sleeps: time limits count on it.
 */
export function steadyMs(): number {
  return Math.round(performance.now());
}
