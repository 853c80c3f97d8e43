import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import type { RunResult } from "../../phases/lifecycle/result";
import { Bench, endProcess, isAlive, until } from "../support/run-harness";

/** Real signals to real processes; only the guest is fake. */
describe("a lifecycle whose processes are killed", function () {
  this.timeout(60_000);
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench();
    bench.world.play({ main: "hang" });
  });
  afterEach(() => bench.clean());

  const phase = (result: RunResult, name: string) => result.phases.find((entry) => entry.name === name)!;

  function assertCleanedUp(): void {
    const { result, world } = bench;
    assert.equal(result.status, "cancelled");
    assert.equal(phase(result, "main").status, "cancelled");
    assert.equal(phase(result, "terminate").status, "passed");
    assert.equal(phase(result, "shutdown").status, "passed");
    assert.equal(world.power, "off");
    assert.equal(world.holder, null);
    assert.ok(!world.trace.includes("main ends"));
  }

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`ends cleanly after ${signal} to the front, which shows how`, async () => {
      const run = bench.start();
      await bench.traced("main starts");
      run.kill(signal);
      const { code, stderr, stdout } = await run.ended;
      assert.equal(code, 1);
      assert.match(stderr, /cancelled/);
      assert.match(stdout, /terminate: passed/);
      assertCleanedUp();
    });
  }

  it("ends cleanly when the front is interrupted twice and does not wait any longer", async () => {
    bench.world.play({ main: "hang", terminate: { bytes: 30_000_000 } });
    const run = bench.start();
    await bench.traced("main starts");
    run.kill("SIGINT");
    await bench.traced("terminate starts");
    run.kill("SIGINT");
    assert.equal((await run.ended).code, 130);
    await bench.quiet();
    assertCleanedUp();
  });

  it("ends cleanly after SIGKILL of the front", async () => {
    const run = bench.start();
    await bench.traced("main starts");
    run.kill("SIGKILL");
    await run.ended;
    await bench.quiet();
    assertCleanedUp();
    assert.match(bench.result.error!, /the program that started this run has ended/);
  });

  for (const below of ["sh", "pulumi"] as const) {
    it(`ends cleanly after SIGKILL of ${below === "sh" ? "the shell above the front" : "the engine, two processes above"}`, async () => {
      const run = bench.start(bench.spec(), below);
      await bench.traced("main starts");
      const front = run.frontPid;
      assert.notEqual(front, run.top.pid);
      run.kill("SIGKILL");
      await until("the front to end", () => !isAlive(front));
      await bench.quiet();
      assertCleanedUp();
    });
  }

  it("does not care for an ancestor beyond the engine, or for the terminal", async () => {
    const run = bench.start();
    await bench.traced("main starts");
    const supervisor = bench.world.holder!.pid;
    for (const signal of ["SIGINT", "SIGHUP"] as const) process.kill(supervisor, signal);
    assert.ok(isAlive(supervisor));
    const session = (pid: number) => readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ")[3];
    assert.equal(session(supervisor), String(supervisor), "the supervisor leads a session of its own");
    process.kill(supervisor, "SIGTERM");
    const { code, stderr } = await run.ended;
    assert.equal(code, 1);
    assert.match(stderr, /told to end \(SIGTERM\)/);
    assertCleanedUp();
  });

  it("after SIGKILL of the supervisor says so, and the next run cleans up behind it", async () => {
    const run = bench.start();
    await bench.traced("main starts");
    endProcess(bench.world.holder!.pid);
    const { code, stderr } = await run.ended;
    assert.equal(code, 1);
    assert.match(stderr, /the supervisor of this run died of SIGKILL and left no result\nlog: /);
    assert.equal(bench.world.power, "on");
    assert.notEqual(bench.world.holder, null);

    bench.world.play({});
    const before = bench.world.trace.length;
    const next = await bench.run();
    assert.equal(next.code, 0, next.stderr);
    assert.deepEqual(bench.world.trace.slice(before, before + 6), [
      "lease taken",
      "set clock",
      "terminate starts",
      "terminate ends",
      "power off",
      "restore acme.1.init",
    ]);
    assert.match(bench.result.warnings.join(), /the last run .* left its guest on; its terminate was run/);
    assert.match(next.stderr, /warning: the last run/);
  });

  it("stops acting at once when its lease is lost", async () => {
    const run = bench.start();
    await bench.traced("main starts");
    writeFileSync(bench.world.path("cut"), "");
    const { code, stderr } = await run.ended;
    assert.equal(code, 1);
    assert.match(stderr, /the lease was lost: no answer for 20 s/);
    assert.ok(!bench.world.trace.includes("terminate starts"));
    assert.equal(bench.world.power, "on");
    assert.equal(bench.result.status, "failed");
  });

  it("waits for another run on the guest, naming its holder", async () => {
    const first = bench.start();
    await bench.traced("main starts");
    const second = bench.start();
    let seen = "";
    second.top.stdout!.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    await until("the second run to wait", () =>
      /waiting for \S+@\S+ pid \d+: run of stack test stack/.test(seen),
    );
    bench.world.play({});
    first.kill("SIGTERM");
    assert.equal((await second.ended).code, 0);
    assert.equal((await first.ended).code, 1);
  });

  it("gives up waiting after the lease timeout, with who holds it and what to do", async () => {
    bench.start();
    await bench.traced("main starts");
    const { code, stderr } = await bench.run(bench.spec({ leaseTimeout: 0.2 }));
    assert.equal(code, 1);
    assert.match(
      stderr,
      /guest "tiny" is in use by \S+@\S+ pid \d+: run of stack test stack.*Wait for it to end/,
    );
    assert.equal(bench.result.status, "failed");
    assert.ok(bench.result.phases.every(({ status }) => status === "skipped"));
  });

  it("can be cancelled while it waits", async () => {
    const first = bench.start();
    await bench.traced("main starts");
    const second = bench.start();
    let seen = "";
    second.top.stdout!.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    await until("the second run to wait", () => seen.includes("waiting for"));
    second.kill("SIGINT");
    assert.equal((await second.ended).code, 1);
    assert.equal(bench.result.status, "cancelled");
    assert.ok(isAlive(first.frontPid), "the run that holds the guest goes on");
  });
});
