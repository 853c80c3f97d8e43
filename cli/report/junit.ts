import type { PhaseResult, RunResult } from "../../phases/lifecycle/result";
import { escapeMarkup } from "./markup";

/**
 * A run as JUnit XML (the dialect that CI servers read): one suite, one test case per phase.
 *
 * A snapshot that failed without failing the run is a skipped case: it must not turn a passed run red.
 */
export function renderJunit(result: RunResult): string {
  const cases = result.phases.map((phase) => ({ phase, ...verdictOf(phase, result) }));
  const count = (kind: string) => cases.filter((entry) => entry.kind === kind).length;
  const suite = attributes({
    name: [result.guest, result.project].filter((part) => part !== null).join(" "),
    tests: cases.length,
    failures: count("failure"),
    errors: 0,
    skipped: count("skipped"),
    time: inSeconds(result.durationMs),
    timestamp: result.startedAt.slice(0, 19),
    hostname: result.hypervisor,
  });
  const properties = Object.entries(propertiesOf(result))
    .map(([name, value]) => `      <property ${attributes({ name, value })}/>\n`)
    .join("");
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite ${suite}>\n` +
    `    <properties>\n${properties}    </properties>\n` +
    cases.map((entry) => testCase(entry.phase, entry.kind, entry.text, result)).join("") +
    warningsOf(result) +
    "  </testsuite>\n</testsuites>\n"
  );
}

type Kind = "passed" | "failure" | "skipped";

function verdictOf(phase: PhaseResult, result: RunResult): { readonly kind: Kind; readonly text: string } {
  if (phase.status === "passed") return { kind: "passed", text: "" };
  if (phase.status === "skipped") return { kind: "skipped", text: phase.reason };
  const tolerated = phase.status === "failed" && result.status === "passed";
  return tolerated
    ? { kind: "skipped", text: `failed, and the run went on: ${phase.reason}` }
    : { kind: "failure", text: phase.reason };
}

function testCase(phase: PhaseResult, kind: Kind, text: string, result: RunResult): string {
  const open = attributes({ name: phase.name, classname: result.guest, time: inSeconds(phase.durationMs) });
  if (kind === "passed") return `    <testcase ${open}/>\n`;
  const message = attributes({ message: text });
  const inner =
    kind === "skipped"
      ? `<skipped ${message}/>`
      : `<failure ${message} ${attributes({ type: phase.status })}>${escapeMarkup(detailsOf(phase, result))}</failure>`;
  return `    <testcase ${open}>\n      ${inner}\n    </testcase>\n`;
}

/** The run's error holds the last lines of the failing step; it belongs to the phase that failed first. */
function detailsOf(phase: PhaseResult, result: RunResult): string {
  const error = result.error ?? "";
  return error.startsWith(`${phase.name} failed`) ? error : phase.reason;
}

function propertiesOf(result: RunResult): Readonly<Record<string, string>> {
  const { runId, project, revision, key, cache, resumed, strategy, status } = result;
  const all = { runId, project, revision, key, cache, resumed, strategy, status };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

function warningsOf({ warnings }: RunResult): string {
  return warnings.length === 0 ? "" : `    <system-err>${escapeMarkup(warnings.join("\n"))}</system-err>\n`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeMarkup(String(value)).replace(/\n/g, "&#10;")}"`)
    .join(" ");
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
