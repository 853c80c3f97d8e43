import { seconds } from "../../phases/lifecycle/limits";
import type { RunResult } from "../../phases/lifecycle/result";
import { escapeMarkup } from "./markup";
import { STYLE } from "./style";
import { timelineOf, type Bar } from "./timeline";

/** A run as one HTML page that needs nothing else: verdict, facts, timeline, error, warnings. */
export function renderPage(result: RunResult): string {
  const title = [result.guest, result.project, result.revision].filter((part) => part !== null).join(" · ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`${result.status}: ${title}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
<p class="verdict ${result.status}">${result.status} in ${seconds(result.durationMs)}</p>
</header>
${errorBlock(result)}${warningBlock(result)}<section>
<h2>Phases</h2>
<table>
<thead><tr><th>phase</th><th>result</th><th class="number">time</th><th class="lane">timeline</th></tr></thead>
<tbody>
${timelineOf(result).map(row).join("\n")}
</tbody>
</table>
</section>
<section>
<h2>Run</h2>
<dl>
${facts(result)}
</dl>
</section>
</body>
</html>
`;
}

function row({ phase, left, width }: Bar): string {
  const time = phase.status === "skipped" ? "" : seconds(phase.durationMs);
  const name = escapeMarkup(phase.name);
  const linked = phase.log === null ? name : `<a href="${escapeMarkup(encodeURI(phase.log))}">${name}</a>`;
  const bar =
    width === 0
      ? ""
      : `<span class="bar ${phase.status}" style="left:${left.toFixed(2)}%;width:${width.toFixed(2)}%"></span>`;
  const reason = phase.reason === "" ? "" : `<span class="reason">${escapeMarkup(phase.reason)}</span>`;
  return (
    `<tr class="${phase.status}"><th scope="row">${linked}</th>` +
    `<td><span class="status">${phase.status}</span>${reason}</td>` +
    `<td class="number">${time}</td><td class="lane"><div>${bar}</div></td></tr>`
  );
}

function errorBlock({ error }: RunResult): string {
  return error === null
    ? ""
    : `<section>\n<h2>Error</h2>\n<pre class="error">${escapeMarkup(error)}</pre>\n</section>\n`;
}

function warningBlock({ warnings }: RunResult): string {
  if (warnings.length === 0) return "";
  const items = warnings.map((text) => `<li>${escapeMarkup(text)}</li>`).join("\n");
  return `<section>\n<h2>Warnings</h2>\n<ul>\n${items}\n</ul>\n</section>\n`;
}

function facts(result: RunResult): string {
  const shown: readonly (readonly [name: string, value: string | null])[] = [
    ["hypervisor", result.hypervisor],
    ["project", result.project],
    ["revision", result.revision],
    ["cache", result.cache],
    ["resumed from", result.resumed],
    ["strategy", result.strategy],
    ["key", result.key],
    ["started", result.startedAt],
    ["run", result.runId],
  ];
  return shown
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `<dt>${name}</dt><dd>${escapeMarkup(value ?? "")}</dd>`)
    .join("\n");
}
