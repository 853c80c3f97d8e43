import assert from "node:assert/strict";
import { firstGone, watchedAncestors } from "../../../connections/process/ancestors";
import { limitedError, LimitedOutput, OUTPUT_LIMIT } from "../../../cli/lifecycle/front-output";
import { lastLine } from "../../../cli/lifecycle/last-line";
import {
  parsePs,
  parseStat,
  readProcess,
  type ProcessEntry,
} from "../../../connections/process/process-table";
import { Progress } from "../../../cli/lifecycle/progress";
import { newRunId } from "../../../cli/lifecycle/run-folder";

describe("the process table", () => {
  it("reads names that hold anything", () => {
    const fields = Array.from({ length: 50 }, (_, n) => String(n + 4)).join(" ");
    assert.deepEqual(parseStat(7, `7 (a) b (c) S 3 ${fields.slice(2)}`), {
      pid: 7,
      parent: 3,
      name: "a) b (c",
      startedAt: "22",
    });
  });

  it("takes a zombie for gone", () => {
    assert.equal(parseStat(7, "7 (sh) Z 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 99 0"), null);
    assert.equal(parsePs(7, "Z 1 Sat Nov 21 06:00:00 2026 (sh)"), null);
  });

  it("reads the ps of other systems", () => {
    const entry = parsePs(9, "S+   812 Sat Nov 21 06:00:00 2026     /usr/local/bin/pulumi\n");
    assert.deepEqual(entry, { pid: 9, parent: 812, name: "pulumi", startedAt: "Sat Nov 21 06:00:00 2026" });
  });

  it("finds this very process", () => {
    assert.equal(readProcess(process.pid)?.parent, process.ppid);
    assert.equal(readProcess(2 ** 22 + 1), null);
  });
});

describe("the ancestors that a run must not outlive", () => {
  const table = (...entries: readonly [pid: number, parent: number, name: string][]) => {
    const found = new Map(
      entries.map(([pid, parent, name]): [number, ProcessEntry] => [
        pid,
        { pid, parent, name, startedAt: `t${pid}` },
      ]),
    );
    return (pid: number) => found.get(pid) ?? null;
  };

  it("go up to the engine and no further", () => {
    const read = table([40, 30, "sh"], [30, 20, "pulumi-resource"], [20, 10, "pulumi"], [10, 1, "make"]);
    assert.deepEqual(
      watchedAncestors(40, read).map(({ pid }) => pid),
      [40, 30, 20],
    );
  });

  it("are the parent alone where there is no engine", () => {
    const read = table([40, 30, "bash"], [30, 1, "sshd"]);
    assert.deepEqual(
      watchedAncestors(40, read).map(({ pid }) => pid),
      [40],
    );
    assert.deepEqual(watchedAncestors(1, read), []);
  });

  it("are gone when the process id belongs to a later process", () => {
    const watched = watchedAncestors(40, table([40, 1, "pulumi"]));
    assert.equal(firstGone(watched, table([40, 1, "pulumi"])), null);
    assert.equal(firstGone(watched, table())?.pid, 40);
    assert.equal(firstGone(watched, () => ({ ...watched[0]!, startedAt: "later" }))?.pid, 40);
  });
});

describe("progress", () => {
  function follow() {
    const lines: string[] = [];
    const time = { now: 0 };
    return {
      lines,
      time,
      progress: new Progress(
        "g",
        (line) => lines.push(line),
        () => time.now,
      ),
    };
  }

  it("tells phase, step, time and the last line of output", () => {
    const { lines, time, progress } = follow();
    progress.phaseStarted("main");
    progress.stepStarted("main", "step 1/2 build");
    progress.outputLine("cc a.c");
    time.now = 500;
    progress.tick();
    progress.outputLine("cc b.c");
    time.now = 1500;
    progress.tick();
    progress.phaseEnded("main", "passed", "", 1600);
    assert.deepEqual(lines, [
      "g main: step 1/2 build",
      "g main: step 1/2 build (1.5 s) | cc b.c",
      "g main: passed in 1.6 s",
    ]);
  });

  it("names the phase of a step that comes before its phase", () => {
    const { lines, progress } = follow();
    progress.stepStarted("terminate", "for the last run");
    assert.deepEqual(lines, ["g terminate: for the last run"]);
  });

  it("says now and then that a silent step is still running", () => {
    const { lines, time, progress } = follow();
    progress.phaseStarted("init");
    progress.stepStarted("init", "wait");
    for (time.now = 0; time.now <= 61_000; time.now += 1000) progress.tick();
    assert.deepEqual(lines.slice(1), [
      "g init: wait (30 s) still running",
      "g init: wait (60 s) still running",
    ]);
  });

  it("stays small over a day of output", () => {
    const { lines, time, progress } = follow();
    progress.phaseStarted("main");
    for (let second = 0; second < 86_400; second++) {
      time.now = second * 1000;
      progress.outputLine("x".repeat(120));
      progress.tick();
    }
    assert.ok(lines.join("\n").length < OUTPUT_LIMIT / 2, `${lines.length} lines`);
  });

  it("gives the reason of a skip and the first line of a failure", () => {
    const { lines, progress } = follow();
    progress.phaseEnded("init", "skipped", "not allowed", 0);
    progress.phaseEnded("main", "failed", "broken\n| details", 1000);
    assert.deepEqual(lines, ["g init: skipped: not allowed", "g main: failed in 1 s: broken"]);
  });
});

describe("the last line of output", () => {
  for (const [what, text, expected] of [
    ["is the last that says something", "one\ntwo\n\n  \n", "two"],
    ["has no colours and no title", "\u001b[31mred\u001b[0m\u001b]0;title\u0007 text\n", "red text"],
    ["is what a carriage return left on the screen", "10 %\r50 %\r", "50 %"],
    ["has no control characters", "a\u0000b\u0008c\td", "a.b.c  d"],
  ] as const) {
    it(what, () => assert.equal(lastLine(Buffer.from(text)), expected));
  }

  it("is cut, and missing when there is nothing", () => {
    assert.equal(lastLine(Buffer.from("y".repeat(500)))?.length, 120);
    assert.equal(lastLine(Buffer.from("\n \n")), null);
    assert.equal(lastLine(Buffer.from([0xff, 0xfe, 0x00])), null);
  });
});

describe("what the front prints", () => {
  it("stays below its limit, says where the rest is, and has room for the last line", () => {
    let text = "";
    const output = new LimitedOutput((part) => (text += part), "... more in run.log");
    for (let n = 0; n < 10_000; n++) output.line(`line ${n} ü`);
    output.last("passed");
    assert.ok(Buffer.byteLength(text) <= OUTPUT_LIMIT);
    assert.deepEqual(text.trimEnd().split("\n").slice(-2), ["... more in run.log", "passed"]);
    assert.equal(text.split("more in run.log").length, 2);
  });

  it("cuts an error that would fill a screen many times", () => {
    assert.equal(limitedError("short"), "short");
    assert.ok(limitedError("x".repeat(100_000)).length < 10_000);
  });
});

describe("run ids", () => {
  it("sort by time", () => {
    const ids = [0, 1, 999, 60_000, 1e9].map((ms) => newRunId(new Date(1.7e12 + ms)));
    assert.deepEqual([...ids].sort(), ids);
    assert.match(ids[0]!, /^\d{8}T\d{9}Z-[0-9a-f]{6}$/);
  });
});
