import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunLog } from "../../../cli/lifecycle/run-log";

const STEP = { number: 1, count: 2, name: "build" };

describe("the log of a run", () => {
  let folder: string;
  let relayed: string[];
  let log: RunLog;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guest-farm-test-"));
    relayed = [];
    log = new RunLog(folder, "g", ["hunter2-secret"], (line) => relayed.push(line));
  });
  afterEach(() => {
    log.close();
    rmSync(folder, { recursive: true });
  });
  const text = (name: string) => readFileSync(join(folder, name), "utf8");

  it("keeps the output of each phase file apart, with its steps", () => {
    log.phaseStarted("main");
    log.stepStarted("main", STEP);
    log.output("main", "stdout", Buffer.from("one\n"));
    log.output("main", "stderr", Buffer.from("two\n"));
    log.stepEnded("main", STEP, "passed", 12);
    log.phaseEnded("main", "passed", "", 20);
    log.output("terminate", "stdout", Buffer.from("bye\n"));
    assert.equal(text("main.log"), "--- 1/2 build\none\ntwo\n");
    assert.equal(text("terminate.log"), "bye\n");
    assert.match(text("run.log"), /^\S+Z main: started\n\S+Z main: step 1\/2 build\n/);
    assert.deepEqual(relayed, ["g main: step 1/2 build", "g main: passed in 0 s"]);
  });

  it("hides secrets that are cut into chunks, in names and in reasons", () => {
    log.stepStarted("main", { ...STEP, name: "use hunter2-secret" });
    for (const part of ["a hun", "ter2-", "secret b\nhunter2", "-sec"])
      log.output("main", "stdout", Buffer.from(part));
    log.phaseEnded("main", "failed", "hunter2-secret was wrong", 1);
    assert.equal(text("main.log"), "--- 1/2 use ***\na *** b\nhunter2-sec");
    assert.ok(!text("run.log").includes("hunter2-secret"));
    assert.ok(!relayed.join("\n").includes("hunter2-secret"));
  });

  it("tells nothing that a terminal would obey, and no secret that is cut by it", () => {
    const title = "\u001b]0;owned\u0007\u009b2J";
    log.phaseStarted("main");
    log.stepStarted("main", { ...STEP, name: `a${title}b` });
    log.note("main", `try again: ${title}refused`);
    log.warning(`the greeting was ${title}hi`);
    log.phaseEnded("main", "failed", `hunter2-secret ${title}\n\u001b[8mhidden`, 1);
    const told = [...relayed, text("run.log"), log.shown(`x${title}\n\ty`)].join("\n");
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(told, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    assert.match(told, /the greeting was .*hi[^]*\*\*\* [^]*hidden/);
    assert.equal(log.shown("hunter2\u001b[0m-secret"), "***");
    assert.equal(log.shown("one\n  found: two"), "one\n  found: two");
  });

  it("ends at its limit, and says so once, whatever else is printed", () => {
    const small = new RunLog(folder, "g", [], () => undefined, 1);
    const piece = Buffer.alloc(700 * 1024, "x");
    for (let pieces = 0; pieces < 4; pieces += 1) small.output("main", "stdout", piece);
    small.output("init", "stdout", piece);
    small.note("main", "went on");
    small.close();
    const words = "\n--- the log ends here: more than 1 MiB were printed (setting logLimit)\n--- went on\n";
    assert.equal(text("main.log").slice(1024 * 1024), words);
    assert.equal(text("init.log").length, piece.length);
    assert.deepEqual(small.cuts(), [
      "main.log was cut after 1 MiB of 3; the setting logLimit (MiB) allows more",
    ]);
  });

  it("keeps bytes that are no text", () => {
    const bytes = Buffer.from([0, 255, 10, 128, 13, 27]);
    log.output("main", "stdout", bytes);
    log.close();
    assert.deepEqual(readFileSync(join(folder, "main.log")), bytes);
  });

  it("is for its owner alone", () => {
    log.record("x");
    assert.equal(statSync(join(folder, "run.log")).mode & 0o777, 0o600);
  });

  it("that cannot be written does not end the run, and is mentioned once", () => {
    mkdirSync(join(folder, "main.log"));
    log.output("main", "stdout", Buffer.from("a\n"));
    log.output("main", "stdout", Buffer.from("b\n"));
    assert.equal(relayed.filter((line) => /main\.log cannot be written: EISDIR/.test(line)).length, 1);
  });
});
