import assert from "node:assert/strict";
import { recover, type Whose } from "../../../cli/lifecycle/recovery";
import type { LeaseHolder } from "../../../hypervisor/leases/lease";
import type { LifecycleInput } from "../../../phases/lifecycle/input";
import { allBut, fakeInput, FakeGuest, NEVER, type FakeGuestOptions } from "../../support/fake-guest";

const GONE = { runId: "r0", description: "root@laptop pid 1: run of stack s", since: "2026-11-21T06:00:00Z" };

async function recovered(
  options: FakeGuestOptions,
  input: Partial<LifecycleInput> = {},
  whose: Whose = { stack: "s", project: "p" },
  gone: LeaseHolder = GONE,
) {
  const guest = new FakeGuest({ pristine: false, ...options });
  const { clock } = guest.ports;
  const warnings = await recover(gone, whose, fakeInput(input), guest.ports, { clock, lost: NEVER });
  return { trace: guest.trace, text: warnings.join("\n") };
}

describe("cleaning up behind a run that vanished", () => {
  it("runs terminate and powers the guest off", async () => {
    const { trace, text } = await recovered({ power: "on" });
    assert.deepEqual(trace, ["set clock", "terminate", "power off"]);
    assert.match(text, /root@laptop pid 1.*left its guest on; its terminate was run; it was powered off/);
  });

  it("runs terminate only for a run of its own stack and project", async () => {
    const gone = { ...GONE, stack: "s", project: "p" };
    const own = await recovered({ power: "on" }, {}, { stack: "s", project: "p" }, gone);
    assert.deepEqual(own.trace, ["set clock", "terminate", "power off"]);
    for (const whose of [{ stack: "t", project: "p" }, { stack: "s", project: "q" }, { stack: "s" }]) {
      const { trace, text } = await recovered({ power: "on" }, {}, whose, gone);
      assert.deepEqual(trace, ["power off"]);
      assert.match(text, /its terminate, of stack s and project p, was not run; it was powered off/);
    }
  });

  it("does nothing to a guest that is off, but tells", async () => {
    const { trace, text } = await recovered({ power: "off" });
    assert.deepEqual(trace, []);
    assert.match(text, /its guest was off/);
  });

  it("does not try terminate in a guest that does not answer", async () => {
    const { trace, text } = await recovered({ power: "unreachable" });
    assert.deepEqual(trace, ["power off"]);
    assert.match(text, /it does not answer/);
  });

  it("powers off although terminate fails", async () => {
    const { trace, text } = await recovered({ power: "on", breaks: { terminate: "broken" } });
    assert.deepEqual(trace, ["set clock", "terminate", "power off"]);
    assert.match(text, /its terminate failed: broken/);
  });

  it("does only what is allowed", async () => {
    const { trace, text } = await recovered({ power: "on" }, { allowed: allBut("terminate", "shutdown") });
    assert.deepEqual(trace, []);
    assert.match(text, /it stays on/);
  });

  it("lets the new run try even when it could not clean up", async () => {
    const { text } = await recovered({ power: "on", breaks: { "power off": "device busy" } });
    assert.match(text, /cleaning up failed: device busy/);
  });
});
