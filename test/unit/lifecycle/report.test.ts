import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { convert } from "xmlbuilder2";
import { renderJunit } from "../../../cli/report/junit";
import { renderPage } from "../../../cli/report/page";
import { resultSchema } from "../../../cli/report/result-schema";
import { timelineOf } from "../../../cli/report/timeline";
import type { PhaseResult, RunResult } from "../../../phases/lifecycle/result";

const NASTY = `<b>"it's" & 'so'</b>\u0000 ]]> $() \ud800`;

function phase(name: PhaseResult["name"], over: Partial<PhaseResult> = {}): PhaseResult {
  return {
    name,
    status: "passed",
    reason: "",
    startedAt: "2026-11-21T06:00:01.000Z",
    durationMs: 1000,
    exitCode: null,
    log: null,
    ...over,
  };
}

function result(over: Partial<RunResult> = {}): RunResult {
  return {
    runId: "r1",
    guest: "tiny/amd64",
    hypervisor: "local",
    project: "acme",
    revision: "1",
    key: null,
    cache: "hit",
    resumed: "memory",
    strategy: "saved",
    status: "passed",
    error: null,
    warnings: [],
    startedAt: "2026-11-21T06:00:00.000Z",
    durationMs: 4000,
    phases: [
      phase("restore init"),
      phase("startup", { status: "skipped", reason: "restored running", durationMs: 0 }),
    ],
    ...over,
  };
}

interface Suite {
  readonly testsuites: { readonly testsuite: Readonly<Record<string, unknown>> };
}

/** Reads it with a real XML parser: what is not well-formed throws. */
function suiteOf(text: string): Readonly<Record<string, unknown>> {
  return (convert(text, { format: "object" }) as unknown as Suite).testsuites.testsuite;
}

describe("JUnit XML", () => {
  it("counts phases by what became of them", () => {
    const suite = suiteOf(
      renderJunit(
        result({
          status: "failed",
          error: "main failed: broken\n  | last line",
          phases: [
            phase("restore init"),
            phase("startup", { status: "skipped", reason: "restored running" }),
            phase("main", { status: "failed", reason: "broken" }),
            phase("terminate", { status: "cancelled", reason: "stopped" }),
          ],
        }),
      ),
    );
    assert.deepEqual(
      [suite["@tests"], suite["@failures"], suite["@skipped"], suite["@time"], suite["@name"]],
      ["4", "2", "1", "4.000", "tiny/amd64 acme"],
    );
    assert.match(JSON.stringify(suite), /main failed: broken\\n {2}\| last line/);
  });

  it("does not turn a passed run red because of a snapshot that failed", () => {
    const failed = phase("create init", { status: "failed", reason: "no space" });
    const suite = suiteOf(
      renderJunit(result({ phases: [failed], warnings: ["create init failed: no space"] })),
    );
    assert.equal(suite["@failures"], "0");
    assert.match(JSON.stringify(suite), /failed, and the run went on: no space/);
    assert.match(JSON.stringify(suite["system-err"]), /no space/);
  });

  it("is well-formed whatever the texts are", () => {
    const text = renderJunit(
      result({
        guest: NASTY,
        project: NASTY,
        error: NASTY,
        warnings: [NASTY],
        status: "failed",
        phases: [phase("main", { status: "failed", reason: `${NASTY}\nsecond` })],
      }),
    );
    assert.equal(suiteOf(text)["@tests"], "1");
    assert.ok(text.includes("&lt;b&gt;&quot;it&#39;s&quot; &amp; &#39;so&#39;&lt;/b&gt;? ]]&gt; $()"));
    assert.ok(
      text.includes("?&#10;second") || text.includes("\ufffd&#10;second"),
      "a line break in an attribute",
    );
    assert.ok(!text.includes("\u0000"));
  });
});

describe("the page of a run", () => {
  it("shows verdict, phases, error and warnings, and needs nothing from outside", () => {
    const page = renderPage(
      result({ status: "failed", error: "main failed: broken", warnings: ["the clock"] }),
    );
    for (const text of [
      "failed in 4 s",
      "restored running",
      "main failed: broken",
      "the clock",
      "<dt>cache</dt>",
    ]) {
      assert.ok(page.includes(text), text);
    }
    assert.ok(!/src=|@import|https?:|<script/.test(page));
  });

  it("keeps the lines of errors and warnings, and breaks words that are longer than the page", () => {
    const page = renderPage(result({ status: "failed", error: "a\n  | b", warnings: ["c\n  | d"] }));
    assert.ok(page.includes("a\n  | b") && page.includes("<li>c\n  | d</li>"));
    for (const element of ["li", ".error"]) {
      const [, style = ""] = new RegExp(`^${element} \\{([^}]*)\\}`, "m").exec(page) ?? [];
      assert.match(style, /white-space: pre-wrap/);
      assert.match(style, /overflow-wrap: anywhere/);
    }
  });

  it("links logs by addresses that work, and shows nasty texts as they are", () => {
    const page = renderPage(
      result({ guest: NASTY, phases: [phase("main", { log: 'a b"c.log', reason: NASTY })] }),
    );
    assert.ok(page.includes('href="a%20b%22c.log"'));
    assert.ok(!page.includes("<b>"));
    assert.ok(page.includes("&lt;b&gt;&quot;it&#39;s&quot; &amp;"));
  });
});

describe("the timeline", () => {
  it("lays phases out over the run and hides what was skipped", () => {
    const bars = timelineOf(result());
    assert.deepEqual(
      bars.map(({ left, width }) => [left, width]),
      [
        [25, 25],
        [25, 0],
      ],
    );
  });

  it("keeps every bar inside, even with a clock that jumped, and shows the shortest", () => {
    const odd = [
      phase("startup", { startedAt: "2026-11-21T05:00:00.000Z" }),
      phase("main", { startedAt: "2026-11-21T06:00:04.000Z", durationMs: 0 }),
    ];
    for (const { left, width } of timelineOf(result({ phases: odd }))) {
      assert.ok(left >= 0 && left + width <= 100.01 && width > 0);
    }
    assert.deepEqual(timelineOf(result({ durationMs: 0, phases: [] })), []);
  });
});

describe("schemas/result.schema.json", () => {
  const path = join(__dirname, "..", "..", "..", "schemas", "result.schema.json");

  it("is what the code says (write it anew with UPDATE_SCHEMAS=1)", () => {
    if (process.env["UPDATE_SCHEMAS"] === "1") writeFileSync(path, resultSchema());
    assert.equal(readFileSync(path, "utf8"), resultSchema());
  });

  it("demands every field and allows no other", () => {
    const schema = JSON.parse(readFileSync(path, "utf8")) as {
      required: string[];
      additionalProperties: boolean;
    };
    assert.deepEqual([...schema.required].sort(), Object.keys(result()).sort());
    assert.equal(schema.additionalProperties, false);
  });
});
