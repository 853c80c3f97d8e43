import assert from "node:assert/strict";
import type { LifecycleInput } from "../../../phases/lifecycle/input";
import { PHASES, type PhaseName } from "../../../phases/lifecycle/phase-names";
import { RunResult } from "../../../phases/lifecycle/result";
import { runLifecycle } from "../../../phases/lifecycle/run";
import {
  allBut,
  fakeInput,
  FakeGuest,
  INIT_NAME,
  NEVER,
  type FakeGuestOptions,
} from "../../support/fake-guest";

const HIT = { init: "memory", clean: "memory", pristine: false } as const;

async function run(options: FakeGuestOptions = {}, input: Partial<LifecycleInput> = {}) {
  const guest = new FakeGuest(options);
  const result = await runLifecycle(fakeInput(input), guest.ports, { cancel: NEVER, lost: NEVER });
  RunResult.parse(result);
  return { guest, result };
}

function phase(result: RunResult, name: PhaseName) {
  const found = result.phases.filter((entry) => entry.name === name);
  assert.equal(found.length, 1, `${name} is there ${found.length} times`);
  return found[0]!;
}

function statuses(result: RunResult): Record<string, string> {
  return Object.fromEntries(result.phases.map(({ name, status }) => [name, status]));
}

describe("a run", () => {
  it("tells a miss as the first run does it", async () => {
    const { result, guest } = await run();
    assert.equal(result.status, "passed");
    assert.equal(result.cache, "miss");
    assert.equal(result.resumed, null);
    assert.equal(result.key, "k");
    assert.equal(phase(result, "restore init").reason, "miss");
    assert.equal(phase(result, "main").exitCode, 0);
    assert.equal(guest.trace.at(-1), "settle");
    assert.deepEqual(guest.taken, [
      { name: "clean", pristine: true },
      { name: INIT_NAME, pristine: false },
    ]);
  });

  it("tells a hit with memory", async () => {
    const { result } = await run(HIT);
    assert.equal(result.cache, "hit");
    assert.equal(result.resumed, "memory");
    assert.deepEqual(
      [phase(result, "startup").status, phase(result, "startup").reason],
      ["skipped", "restored running"],
    );
  });

  it("tells a hit that is resumed cold, and why", async () => {
    const { result } = await run({ ...HIT, init: "cold" });
    assert.equal(result.resumed, "cold");
    assert.equal(phase(result, "restore init").reason, "hit, cold: QEMU changed");
    assert.equal(phase(result, "startup").status, "passed");
  });

  it("tells a stale snapshot with its reason", async () => {
    const { result } = await run({ ...HIT, init: "stale" });
    assert.equal(result.cache, "stale");
    assert.equal(phase(result, "restore init").reason, "stale: the key differs");
  });

  it("boots when a restore turns out to be cold although its record promised memory", async () => {
    const { result, guest } = await run({ ...HIT, resumesAs: "cold" });
    assert.deepEqual(guest.trace.slice(0, 4), [`restore ${INIT_NAME}`, "boot", "wait", "main"]);
    assert.equal(result.resumed, "cold");
  });

  it("does not boot when a restore keeps the memory although its record said cold", async () => {
    const { guest } = await run({ ...HIT, init: "cold", resumesAs: "memory" });
    assert.deepEqual(guest.trace.slice(0, 5), [`restore ${INIT_NAME}`, "drop", "wait", "set clock", "main"]);
  });

  it("with the cache off neither restores nor creates init, and says so", async () => {
    const { result } = await run(HIT, { cache: false });
    assert.equal(result.cache, "off");
    assert.equal(phase(result, "restore init").reason, "the cache is off");
    assert.equal(phase(result, "create init").reason, "the cache is off");
    assert.equal(phase(result, "main").status, "passed");
  });

  it("names the reason of every phase without a file as none", async () => {
    const { result } = await run({ ...HIT, files: ["main"] });
    assert.equal(phase(result, "terminate").status, "skipped");
    assert.match(phase(result, "terminate").reason, /^none/);
  });

  it("shuts down gracefully when asked to, snapshot or not", async () => {
    const { guest } = await run(HIT, { powerOff: "graceful" });
    assert.ok(guest.trace.includes("shut down"));
    assert.ok(!guest.trace.includes("power off"));
  });

  it("does not touch a guest that is not defined, and says what to do", async () => {
    const { result, guest } = await run({ power: "missing" });
    assert.deepEqual(guest.trace, []);
    assert.equal(result.status, "failed");
    assert.match(result.error!, /"tiny\/amd64" is not defined on hypervisor "local".*pulumi refresh/);
    assert.equal(result.phases.length, PHASES.length);
  });
});

describe("a failure", () => {
  const calls: readonly [call: string, failing: PhaseName, options: FakeGuestOptions][] = [
    ["boot", "startup", {}],
    ["wait", "startup", {}],
    ["reset to base", "startup", { pristine: false }],
    ["dependencies", "dependencies", {}],
    ["init", "init", {}],
    ["main", "main", {}],
    ["main", "main", HIT],
    ["terminate", "terminate", HIT],
    ["power off", "shutdown", HIT],
  ];
  for (const [call, failing, options] of calls) {
    it(`of ${call} (${options.init ?? "miss"}) fails ${failing}; terminate and shutdown are still dealt with`, async () => {
      const { result, guest } = await run({ ...options, breaks: { [call]: "it broke" } });
      assert.equal(result.status, "failed");
      assert.equal(phase(result, failing).status, "failed");
      assert.match(result.error!, new RegExp(`^${failing} failed: it broke`));
      assert.deepEqual(result.phases.map(({ name }) => name).slice(-2), ["terminate", "shutdown"]);
      if (failing !== "shutdown") assert.equal(guest.power, "off");
      const others = result.phases.filter(({ name, status }) => status === "failed" && name !== failing);
      assert.deepEqual(others, []);
    });
  }

  it("of main runs terminate and shutdown, and reports the last lines and the exit code", async () => {
    const failed = {
      status: "failed",
      reason: 'step "build" ended with 2',
      exitCode: 2,
      lastLines: ["a", "b"],
    } as const;
    const { result, guest } = await run({ ...HIT, outcomes: { main: failed } });
    assert.equal(result.error, 'main failed: step "build" ended with 2\n  | a\n  | b');
    assert.equal(phase(result, "main").exitCode, 2);
    assert.equal(phase(result, "terminate").status, "passed");
    assert.deepEqual(guest.trace.slice(-3), ["sync", "power off", "settle"]);
  });

  it("of dependencies keeps the later phases from being reached, with the reason", async () => {
    const { result } = await run({ breaks: { dependencies: "no mirror" } });
    for (const name of ["init", "create init", "main"] as const) {
      assert.deepEqual(
        [phase(result, name).status, phase(result, name).reason],
        ["skipped", "not reached: dependencies failed"],
      );
    }
  });

  it("comes first: later ones are added to the warnings, never put instead", async () => {
    const breaks = { main: "first", terminate: "second", "power off": "third" };
    const { result } = await run({ ...HIT, breaks });
    assert.equal(result.error, "main failed: first");
    assert.deepEqual(result.warnings, ["terminate failed: second", "shutdown failed: third"]);
    assert.equal(phase(result, "shutdown").status, "failed");
  });

  it("of the boot leaves nothing to terminate, and says so", async () => {
    const { result } = await run({ breaks: { boot: "port 2201 is in use" } });
    assert.equal(phase(result, "terminate").reason, "the guest is off");
    assert.equal(phase(result, "shutdown").reason, "the guest is off");
  });

  it("of a sync at the end does not fail a run whose disks are thrown away", async () => {
    const { result, guest } = await run({ ...HIT, breaks: { sync: "gone" } });
    assert.equal(result.status, "passed");
    assert.equal(guest.power, "off");
  });

  it("of the clock is a warning", async () => {
    const { result } = await run({ ...HIT, breaks: { "set clock": "not permitted" } });
    assert.equal(result.status, "passed");
    assert.match(result.warnings.join(), /clock could not be set.*not permitted/);
  });

  it("to renew what a restore brought back is a warning, once", async () => {
    const { result } = await run({ ...HIT, problems: ["random numbers may repeat"] });
    assert.equal(result.status, "passed");
    assert.deepEqual(result.warnings, ["restore init: random numbers may repeat"]);
  });

  it("to tidy up is a warning", async () => {
    const { result } = await run({ ...HIT, breaks: { settle: "disk full" } });
    assert.equal(result.status, "passed");
    assert.match(result.warnings.join(), /tidying up.*disk full/);
  });

  it("to prepare the next start is nothing: tidying up does it again", async () => {
    const calls: string[] = [];
    const { result, guest } = await run({
      ...HIT,
      breaks: { "prepare settle": "disk full" },
      onCall: (call) => void calls.push(call),
    });
    assert.equal(result.status, "passed");
    assert.deepEqual(result.warnings, []);
    assert.ok(calls.includes("prepare settle"));
    assert.equal(guest.trace.at(-1), "settle");
  });
});

describe("a first boot that does not end well", () => {
  it("makes the disks unfit: the next run lays fresh ones, and takes its snapshots of those", async () => {
    const guest = new FakeGuest({ breaks: { wait: "cloud-init failed in the guest" } });
    const failed = await runLifecycle(fakeInput(), guest.ports, { cancel: NEVER, lost: NEVER });
    assert.equal(failed.status, "failed");
    assert.ok(guest.unfit);
    const { result, guest: next } = await run({ pristine: guest.pristine, unfit: guest.unfit });
    assert.equal(result.status, "passed");
    assert.deepEqual(next.trace.slice(0, 4), ["reset to base", "boot", "wait", "remove seed"]);
    assert.deepEqual(next.taken[0], { name: "clean", pristine: true });
  });

  it("is one as well when the run was cancelled before the guest was ready", async () => {
    const cancel = new AbortController();
    const guest = new FakeGuest({
      hangs: ["wait"],
      onCall: (call) => {
        if (call === "wait") queueMicrotask(() => cancel.abort(new Error("cancelled")));
      },
    });
    await runLifecycle(fakeInput(), guest.ports, { cancel: cancel.signal, lost: NEVER });
    assert.ok(guest.unfit);
  });

  it("leaves nothing behind when it ends well", async () => {
    const { guest } = await run();
    assert.ok(!guest.unfit);
  });

  const LONG_LIVED = { longLived: true, allowed: ["startup"], project: null, init: null } as const;

  it("of a long-lived guest that is still on is waited for once more", async () => {
    const { result, guest } = await run({ power: "on", unfit: true }, LONG_LIVED);
    assert.deepEqual(guest.trace, ["wait", "remove seed"]);
    assert.equal(result.status, "passed");
    assert.ok(!guest.unfit && !guest.pristine);
  });

  it("of a long-lived guest is repeated when that does not help either", async () => {
    let waits = 0;
    const onCall = (call: string) => {
      if (call === "wait" && ++waits === 1) throw new Error("cloud-init failed in the guest");
    };
    const { result, guest } = await run({ power: "on", unfit: true, onCall }, LONG_LIVED);
    assert.deepEqual(guest.trace, ["wait", "power off", "reset to base", "boot", "wait", "remove seed"]);
    assert.equal(result.status, "passed");
    assert.match(result.warnings.join(), /first boot had not ended well \(cloud-init failed/);
  });

  it("never lets a later failure lay the disks of a long-lived guest fresh", async () => {
    const { result, guest } = await run(
      { power: "on", pristine: false, breaks: { wait: "late" } },
      LONG_LIVED,
    );
    assert.equal(result.status, "failed");
    assert.deepEqual(guest.trace, ["wait"]);
  });
});

describe("a libvirt that does not say whether the guest is on", () => {
  /** Fails every look at the power from a call on. */
  function silentFrom(call: string, others: FakeGuestOptions = {}): FakeGuestOptions {
    let silent = false;
    const onCall = (made: string) => {
      if (made === call) silent = true;
      if (silent && made === "state") throw new Error("no connection to libvirt");
    };
    return { ...HIT, ...others, onCall };
  }

  it("does not keep terminate and shutdown from being run", async () => {
    const { result, guest } = await run(silentFrom("main"));
    assert.equal(phase(result, "terminate").status, "passed");
    assert.equal(phase(result, "shutdown").status, "passed");
    assert.equal(guest.power, "off");
    assert.equal(result.status, "passed");
    assert.match(
      result.warnings.join("\n"),
      /shutdown: it is not known whether the guest is on: no connection/,
    );
  });

  it("does neither after a failure", async () => {
    const { result, guest } = await run(silentFrom("main", { breaks: { main: "broken" } }));
    assert.equal(result.error, "main failed: broken");
    assert.ok(guest.trace.includes("terminate"));
    assert.equal(guest.power, "off");
  });

  it("fails the run when the guest cannot be switched off either", async () => {
    const { result } = await run(silentFrom("main", { breaks: { "power off": "still no connection" } }));
    assert.equal(result.error, "shutdown failed: still no connection");
  });
});

describe("a snapshot that fails", () => {
  for (const [broken, failing] of [
    ["create clean", "create clean"],
    [`create ${INIT_NAME}`, "create init"],
    ["sync", "create clean"],
    ["remove seed", "create clean"],
  ] as const) {
    it(`in "${broken}" lets the run go on uncached, with a warning`, async () => {
      const { result } = await run({ breaks: { [broken]: "no space left" } });
      assert.equal(result.status, "passed");
      assert.equal(phase(result, failing).status, "failed");
      assert.equal(phase(result, failing).reason, "no space left");
      assert.match(
        result.warnings.join("\n"),
        new RegExp(`${failing} failed: no space left; the run goes on`),
      );
      assert.equal(phase(result, "main").status, "passed");
    });

    it(`in "${broken}" fails the run when that is asked for`, async () => {
      const { result, guest } = await run(
        { breaks: { [broken]: "no space left" } },
        { onSnapshotError: "fail" },
      );
      assert.equal(result.status, "failed");
      assert.equal(result.error, `${failing} failed: no space left`);
      assert.match(phase(result, "main").reason, /not reached/);
      assert.equal(guest.power, "off");
    });
  }

  it("while the guest is off for it, is followed by a boot, because main needs the guest", async () => {
    const { result, guest } = await run({ takenWhile: "off", breaks: { "create clean": "no space left" } });
    assert.equal(result.status, "passed");
    const at = guest.trace.indexOf("create clean");
    assert.deepEqual(guest.trace.slice(at, at + 4), ["create clean", "boot", "wait", "dependencies"]);
  });

  it("in restoring init, goes back to clean", async () => {
    const { result, guest } = await run({ ...HIT, breaks: { [`restore ${INIT_NAME}`]: "bad file" } });
    assert.equal(result.status, "passed");
    assert.equal(result.cache, "miss");
    assert.equal(phase(result, "restore init").status, "failed");
    assert.deepEqual(guest.trace.slice(0, 2), [`restore ${INIT_NAME}`, "restore clean"]);
    assert.equal(phase(result, "create init").status, "passed", "a broken snapshot is made anew");
    assert.match(result.warnings.join(), /restore init failed: bad file/);
  });

  it("in restoring init and clean, goes back to the base image", async () => {
    const breaks = { [`restore ${INIT_NAME}`]: "bad", "restore clean": "worse" };
    const { result, guest } = await run({ ...HIT, breaks });
    assert.equal(result.status, "passed");
    assert.deepEqual(guest.trace.slice(2, 5), ["reset to base", "boot", "wait"]);
    assert.deepEqual(guest.taken[0], { name: "clean", pristine: true });
    assert.equal(result.warnings.length, 2);
  });

  it("in restoring both goes back to the base image even where clean may not be made", async () => {
    const breaks = { [`restore ${INIT_NAME}`]: "bad", "restore clean": "worse" };
    const { guest } = await run({ ...HIT, breaks }, { allowed: allBut("create clean") });
    assert.deepEqual(guest.trace.slice(2, 4), ["reset to base", "boot"]);
    assert.deepEqual(
      guest.taken.map(({ name }) => name),
      [INIT_NAME],
    );
  });

  it("in restoring fails the run when that is asked for", async () => {
    const breaks = { [`restore ${INIT_NAME}`]: "bad file" };
    const { result, guest } = await run({ ...HIT, breaks }, { onSnapshotError: "fail" });
    assert.equal(result.error, "restore init failed: bad file");
    assert.deepEqual(guest.trace, [`restore ${INIT_NAME}`, "settle"]);
  });

  it("counts as one when the restored guest does not answer: it is switched off first", async () => {
    let waits = 0;
    const options: FakeGuestOptions = {
      ...HIT,
      onCall: (call) => {
        if (call === "wait" && ++waits === 1) throw new Error("waited 120 s for a login");
      },
    };
    const { result, guest } = await run(options);
    assert.deepEqual(guest.trace.slice(0, 5), [
      `restore ${INIT_NAME}`,
      "drop",
      "wait",
      "power off",
      "restore clean",
    ]);
    assert.equal(result.status, "passed");
  });

  it("does not count as one when another machine answers: that fails the run", async () => {
    const wrong = Object.assign(new Error("another host key than the one pinned"), { name: "HostKeyError" });
    let waits = 0;
    const onCall = (call: string) => {
      if (call === "wait" && ++waits === 1) throw wrong;
    };
    const { result, guest } = await run({ ...HIT, onCall });
    assert.match(result.error!, /^restore init failed: another host key/);
    assert.ok(!guest.trace.includes("restore clean"));
    assert.equal(guest.power, "off");
  });

  it("in looking is a miss with a warning, or a failure that still shuts the guest down", async () => {
    const breaks = { [`look ${INIT_NAME}`]: "unreadable record" };
    const tolerant = await run({ ...HIT, breaks });
    assert.equal(tolerant.result.status, "passed");
    assert.equal(tolerant.result.cache, "miss");
    assert.match(tolerant.result.warnings.join(), /unreadable record/);
    const strict = await run({ ...HIT, power: "on", breaks }, { onSnapshotError: "fail" });
    assert.match(strict.result.error!, /unreadable record/);
    assert.equal(strict.guest.power, "off");
    assert.equal(phase(strict.result, "main").status, "skipped");
  });

  it("without startup fails the first phase that needs the guest", async () => {
    const breaks = { [`restore ${INIT_NAME}`]: "bad", "restore clean": "bad" };
    const { result } = await run({ ...HIT, breaks }, { allowed: allBut("startup", "create clean") });
    assert.match(result.error!, /^dependencies failed: dependencies needs the guest, which is off/);
  });
});

describe("a phase that takes later phases out", () => {
  it("skips them with the reason, shutdown included: the guest stays on and nothing is settled", async () => {
    const outcomes = { terminate: { status: "passed", skip: ["shutdown"] } } as const;
    const { result, guest } = await run({ ...HIT, outcomes });
    assert.equal(result.status, "passed");
    assert.equal(phase(result, "shutdown").reason, "taken out by terminate");
    assert.equal(guest.power, "on");
    assert.ok(!guest.trace.includes("settle"));
  });

  it("does so as well when it fails afterwards: the guest stays on", async () => {
    const failed = { status: "failed", reason: "no", exitCode: 1, lastLines: [] } as const;
    const outcomes = { main: { ...failed, skip: ["terminate", "shutdown"] } } as const;
    const { result, guest } = await run({ ...HIT, outcomes });
    assert.equal(result.status, "failed");
    assert.equal(phase(result, "terminate").reason, "taken out by main");
    assert.equal(phase(result, "shutdown").reason, "taken out by main");
    assert.equal(guest.power, "on");
  });

  it("may take out phases before main", async () => {
    const outcomes = { init: { status: "passed", skip: ["create init", "main"] } } as const;
    const { result } = await run({ outcomes });
    assert.equal(phase(result, "create init").reason, "taken out by init");
    assert.equal(phase(result, "main").reason, "taken out by init");
    assert.deepEqual(statuses(result).terminate, "passed");
  });

  it("changes what a snapshot taken while off has to boot for", async () => {
    const outcomes = { init: { status: "passed", skip: ["main", "terminate"] } } as const;
    const { guest } = await run({ takenWhile: "off", outcomes });
    assert.deepEqual(guest.trace.slice(-3), ["shut down", `create ${INIT_NAME}`, "settle"]);
  });
});
