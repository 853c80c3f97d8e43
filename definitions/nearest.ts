/**
 * The candidate that a misspelt name most likely meant, or undefined when none is close: at most one slip for every
 * three characters (two at most), where a slip is an inserted, lost, changed or swapped character. Case is free.
 */
export function nearestName(found: string, candidates: Iterable<string>): string | undefined {
  const allowed = Math.min(2, Math.max(1, Math.floor(found.length / 3)));
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    if (Math.abs(name.length - found.length) > allowed) continue;
    const distance = editDistance(found.toLowerCase(), name.toLowerCase());
    if (distance <= allowed && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

/** `one of a, b, c`, cut after `limit` names. */
export function oneOf(names: Iterable<string>, limit = 20): string {
  const all = [...names];
  if (all.length === 0) return "nothing";
  const more = all.length > limit ? ` and ${all.length - limit} more` : "";
  return `one of ${all.slice(0, limit).join(", ")}${more}`;
}
