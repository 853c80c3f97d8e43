/** @typedef {import("../phases/lifecycle/result.js").PhaseResult} PhaseResult */
/** @typedef {import("../phases/lifecycle/result.js").RunResult} RunResult */

/**
 * The phases and times of two runs side by side, one table per guest.
 *
 * @param {readonly RunResult[]} first results of the run that filled the cache
 * @param {readonly RunResult[]} second results of the run that used it
 * @returns {string} text of the tables
 */
export function comparisonTable(first, second) {
  return second
    .map((now) => {
      const before = first.find((result) => result.guest === now.guest);
      const head = [now.guest, `first (${before?.cache ?? "not kept"})`, `second (${now.cache})`];
      const rows = now.phases.map((phase) => [
        phase.name,
        cell(before?.phases.find((other) => other.name === phase.name)),
        cell(phase),
      ]);
      const total = ["total", before ? seconds(before.durationMs) : "-", seconds(now.durationMs)];
      return render(head, rows, total);
    })
    .join("\n\n");
}

/** @param {PhaseResult | undefined} phase */
function cell(phase) {
  if (phase === undefined) return "-";
  return phase.status === "passed" ? seconds(phase.durationMs) : `${phase.status}: ${phase.reason}`;
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/**
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 * @param {readonly string[]} total
 */
function render(head, rows, total) {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows, total].map((row) => (row[column] ?? "").length)),
  );
  /** @param {readonly string[]} row */
  const line = (row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(head), rule, ...rows.map(line), rule, line(total)].join("\n");
}
