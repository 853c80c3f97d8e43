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

/** Compares dotted versions by their numbers: 10.2 is at least 9.9. */
export function atLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const have = numbers(version);
  for (const [index, need] of numbers(wanted).entries()) {
    const got = have[index] ?? 0;
    if (got !== need) return got > need;
  }
  return have.length > 0;
}
