import assert from "node:assert/strict";
import { WORK_LIMITS } from "../../../definitions/time-limits";
import type { PhaseName } from "../../../phases/lifecycle/phase-names";
import { bounded } from "../../../phases/lifecycle/limits";
import { runLifecycle } from "../../../phases/lifecycle/run";
import { fakeInput, FakeGuest, INIT_NAME, NEVER, type FakeGuestOptions } from "../../support/fake-guest";

const STOPPED = "stopped: the program that started this run has ended";

/** Runs, and cancels (or takes the lease away) when a call is made. */
async function interrupted(at: string, what: "cancel" | "lost", options: FakeGuestOptions = {}) {
  const controller = new AbortController();
  const guest = new FakeGuest({
    ...options,
    onCall: (call) => {
      if (call === at) queueMicrotask(() => controller.abort(new Error(STOPPED)));
    },
  });
  const signals = { cancel: NEVER, lost: NEVER, [what]: controller.signal };
  const result = await runLifecycle(fakeInput(), guest.ports, signals);
  const phase = (name: PhaseName) => result.phases.find((entry) => entry.name === name)!;
  return { guest, result, phase };
}

describe("a cancelled run", () => {
  it("stops the running phase, then terminates and shuts down", async () => {
    const { result, guest, phase } = await interrupted("main", "cancel", { hangs: ["main"] });
    assert.equal(result.status, "cancelled");
    assert.equal(result.error, STOPPED);
    assert.equal(phase("main").status, "cancelled");
    assert.equal(phase("terminate").status, "passed");
    assert.equal(phase("shutdown").status, "passed");
    assert.deepEqual(guest.trace.slice(-4), ["terminate", "sync", "power off", "settle"]);
  });

  it("stops a wait for the guest", async () => {
    const { result, phase } = await interrupted("wait", "cancel", { hangs: ["wait"] });
    assert.equal(result.status, "cancelled");
    assert.equal(phase("startup").status, "cancelled");
    assert.equal(phase("main").reason, "not reached: the run was cancelled");
  });

  it("finishes a snapshot that is being taken, and goes no further", async () => {
    const { guest, phase, result } = await interrupted("create clean", "cancel");
    assert.equal(guest.taken.length, 1);
    assert.equal(phase("create clean").status, "passed");
    assert.equal(phase("dependencies").reason, "not reached: the run was cancelled");
    assert.equal(result.status, "cancelled");
  });

  it("finishes a restore, and does not fall back to another way", async () => {
    const { guest, phase } = await interrupted(`restore ${INIT_NAME}`, "cancel", {
      init: "memory",
      clean: "memory",
    });
    assert.ok(!guest.trace.includes("restore clean"));
    assert.equal(phase("restore init").status, "cancelled");
    assert.equal(guest.power, "off");
  });

  it("lets terminate finish: it is what is left to do", async () => {
    const { result, phase } = await interrupted("terminate", "cancel");
    assert.equal(phase("terminate").status, "passed");
    assert.equal(result.status, "passed");
  });

  it("before anything was done leaves the guest alone", async () => {
    const { result, guest } = await interrupted("state", "cancel", { power: "on" });
    assert.equal(result.status, "cancelled");
    assert.deepEqual(guest.trace, []);
  });

  it("stays failed when the failure came first", async () => {
    const { result } = await interrupted("terminate", "cancel", { breaks: { main: "broken" } });
    assert.equal(result.status, "failed");
    assert.equal(result.error, "main failed: broken");
  });
});

describe("a run that loses its lease", () => {
  for (const at of ["main", "create clean", "wait"]) {
    it(`during "${at}" does nothing more to the guest, not even terminate and shutdown`, async () => {
      const { result, guest, phase } = await interrupted(at, "lost", {
        hangs: ["main", "wait"].filter((c) => c === at),
      });
      assert.equal(guest.trace.at(-1), at);
      assert.equal(result.status, "failed");
      assert.equal(result.error, STOPPED);
      assert.match(phase("terminate").reason, /^not reached/);
      assert.match(phase("shutdown").reason, /^not reached/);
      assert.equal(guest.power, "on");
    });
  }
});

describe("a piece of work", () => {
  it("that a lost lease ends is told, and has ended before the run goes on", async () => {
    const lost = new AbortController();
    const order: string[] = [];
    const work = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => {
          order.push("told");
          setImmediate(() => {
            order.push("ended");
            reject(signal.reason as Error);
          });
        });
      });
    const { clock } = new FakeGuest().ports;
    const running = bounded("restoring", 1000, { clock, lost: lost.signal }, work);
    lost.abort(new Error(STOPPED));
    await assert.rejects(running, { message: STOPPED });
    assert.deepEqual(order, ["told", "ended"]);
  });
});

describe("time limits", () => {
  /** A clock on which one wait of a given length is over at once, and all others never end. */
  function rushing(guest: FakeGuest, lengthMs: number) {
    const { clock, ...others } = guest.ports;
    const sleep = (ms: number, signal?: AbortSignal) =>
      ms === lengthMs ? new Promise<void>((resolve) => setTimeout(resolve, 20)) : clock.sleep(ms, signal);
    return { ...others, clock: { ...clock, sleep } };
  }

  it("fail a phase that never ends, and terminate and shutdown still run", async () => {
    const guest = new FakeGuest({ init: "memory", hangs: ["main"] });
    const input = fakeInput({ limits: { phaseMs: 4321, readinessMs: 120_000, runMs: 600_000 } });
    const outcomes = rushing(guest, 4321);
    const result = await runLifecycle(input, outcomes, { cancel: NEVER, lost: NEVER });
    assert.equal(result.error, "main failed: main did not end within 4.3 s");
    assert.equal(result.status, "failed");
    assert.ok(guest.trace.includes("terminate"));
    assert.equal(guest.power, "off");
  });

  it("fail the whole run, which is not the same as a cancellation", async () => {
    const guest = new FakeGuest({ init: "memory", hangs: ["main"] });
    const input = fakeInput({ limits: { phaseMs: 60_000, readinessMs: 120_000, runMs: 9876 } });
    const result = await runLifecycle(input, rushing(guest, 9876), { cancel: NEVER, lost: NEVER });
    assert.equal(result.error, "the run did not end within 9.9 s");
    assert.equal(result.status, "failed");
    assert.equal(result.phases.find(({ name }) => name === "main")!.status, "failed");
    assert.ok(guest.trace.includes("terminate"));
    assert.equal(guest.power, "off");
  });

  it("tell a restore that takes too long to end, and power off whatever it may still bring back", async () => {
    const guest = new FakeGuest({ init: "memory", clean: "memory", hangs: [`restore ${INIT_NAME}`] });
    const ports = rushing(guest, WORK_LIMITS.restore);
    const result = await runLifecycle(fakeInput(), ports, { cancel: NEVER, lost: NEVER });
    assert.deepEqual(guest.trace.slice(0, 3), [`restore ${INIT_NAME}`, "power off", "restore clean"]);
    assert.equal(result.status, "passed");
    assert.match(result.warnings.join(), /restore init failed: restoring .* did not end within/);
  });

  it("give work that was told to stop time to wind up, but not for ever", async () => {
    const guest = new FakeGuest({ init: "memory" });
    const ports = rushing(guest, 20_000);
    const deaf = { ...ports, phases: { ...ports.phases, run: () => new Promise<never>(() => undefined) } };
    const cancel = new AbortController();
    const running = runLifecycle(fakeInput({ allowed: ["restore init", "main", "shutdown"] }), deaf, {
      cancel: cancel.signal,
      lost: NEVER,
    });
    setTimeout(() => cancel.abort(new Error(STOPPED)), 10);
    const result = await running;
    assert.equal(result.status, "cancelled");
    assert.equal(guest.power, "off");
  });
});
