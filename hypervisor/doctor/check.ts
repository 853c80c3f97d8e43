/** One thing that guest-farm needs, and how it stands. */
export interface Check {
  /** What was looked at. */
  readonly what: string;
  readonly found: string;
  readonly wanted: string;
  /** What to do; empty when nothing is. */
  readonly remedy: string;
  /** `warning`: it works, but slower or with less; `error`: it does not work. */
  readonly severity: "ok" | "warning" | "error";
}

/** A check whose remedy counts only when it has not passed. */
export function check(
  what: string,
  found: string,
  wanted: string,
  verdict: { readonly passed: boolean; readonly otherwise: "warning" | "error"; readonly remedy: string },
): Check {
  const { passed, otherwise, remedy } = verdict;
  return passed
    ? { what, found, wanted, remedy: "", severity: "ok" }
    : { what, found, wanted, remedy, severity: otherwise };
}
