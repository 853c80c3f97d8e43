import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { PhaseResult, RunResult } from "../../../phases/lifecycle/result";

type ComparisonTable = (first: readonly RunResult[], second: readonly RunResult[]) => string;

const MODULE = resolve(__dirname, "../../../toolchain/demo-table.mjs");

function phase(name: PhaseResult["name"], durationMs: number, skipped?: string): PhaseResult {
  const outcome =
    skipped === undefined
      ? ({ status: "passed", reason: "" } as const)
      : ({ status: "skipped", reason: skipped } as const);
  return { name, ...outcome, startedAt: "2025-01-01T00:00:00.000Z", durationMs, exitCode: null, log: null };
}

function result(guest: string, cache: RunResult["cache"], phases: readonly PhaseResult[]): RunResult {
  return {
    runId: "20250101T000000000Z-000000",
    guest,
    hypervisor: "local",
    project: "demo",
    revision: "1",
    key: null,
    cache,
    resumed: null,
    strategy: "saved",
    status: "passed",
    error: null,
    warnings: [],
    startedAt: "2025-01-01T00:00:00.000Z",
    durationMs: phases.reduce((sum, { durationMs }) => sum + durationMs, 0),
    phases: [...phases],
  };
}

describe("the table of the demo", () => {
  let comparisonTable: ComparisonTable;
  before(async () => {
    ({ comparisonTable } = (await import(MODULE)) as { comparisonTable: ComparisonTable });
  });

  const cold = result("tiny", "miss", [phase("startup", 8000), phase("main", 249)]);
  const warm = result("tiny", "hit", [phase("startup", 0, "not needed"), phase("main", 251)]);

  it("has phases and times of both runs in columns, and their sums", () => {
    assert.equal(
      comparisonTable([cold], [warm]),
      [
        "tiny     first (miss)  second (hit)",
        "-------  ------------  -------------------",
        "startup  8.0 s         skipped: not needed",
        "main     0.2 s         0.3 s",
        "-------  ------------  -------------------",
        "total    8.2 s         0.3 s",
      ].join("\n"),
    );
  });

  it("shows every guest of the second run, also those whose first run is not known", () => {
    const [tiny = "", debian = ""] = comparisonTable([cold], [warm, { ...warm, guest: "debian" }]).split(
      "\n\n",
    );
    assert.match(tiny, /^tiny +first \(miss\)/);
    assert.match(debian, /^debian +first \(not kept\)/);
    assert.match(debian, /^main +- +0\.3 s$/m);
    assert.match(debian, /^total +- +0\.3 s$/m);
  });

  it("has room for phases that only one of the runs knows", () => {
    const longer = { ...warm, phases: [phase("restore init", 900), ...warm.phases] };
    assert.match(comparisonTable([cold], [longer]), /^restore init +- +0\.9 s$/m);
  });

  it("is empty when there is nothing to compare", () => {
    assert.equal(comparisonTable([cold], []), "");
  });
});
