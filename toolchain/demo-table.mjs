/**
 * The phases and times of two runs side by side, one table per guest.
 *
 * @param {object[]} first results (`result.json`) of the run that filled the cache
 * @param {object[]} second results of the run that used it
 * @returns {string} text of the tables
 */
export function comparisonTable(first, second) {
  return second
    .map((now) => {
      const before = first.find((result) => result.guest === now.guest);
      const rows = now.phases.map((phase) => [
        phase.name,
        cell(before?.phases.find((other) => other.name === phase.name)),
        cell(phase),
      ]);
      const head = [now.guest, `first (${before?.cache ?? "not kept"})`, `second (${now.cache})`];
      const total = ["total", before ? seconds(before.durationMs) : "-", seconds(now.durationMs)];
      return render([head, ...rows, total]);
    })
    .join("\n\n");
}

function cell(phase) {
  if (phase === undefined) return "-";
  return phase.status === "passed" ? seconds(phase.durationMs) : `${phase.status}: ${phase.reason}`;
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function render(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(rows[0]), rule, ...rows.slice(1, -1).map(line), rule, line(rows.at(-1))].join("\n");
}
