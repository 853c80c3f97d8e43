import assert from "node:assert/strict";
import { runCheckpoints } from "../../../cli/lifecycle/checkpoints";
import { fakeInput, FakeGuest, NEVER, type FakeGuestOptions } from "../../support/fake-guest";

function checkpoints(options: FakeGuestOptions = {}) {
  const guest = new FakeGuest({ power: "on", ...options });
  const warnings: string[] = [];
  const ports = { ...guest.ports, warn: (text: string) => void warnings.push(text) };
  return { guest, warnings, of: runCheckpoints(ports, fakeInput()) };
}

describe("checkpoints of a run", () => {
  it("are synced and named apart from the lifecycle's own snapshots", async () => {
    const { guest, of } = checkpoints();
    await of.create("clean", NEVER);
    assert.deepEqual(guest.trace, ["sync", "create checkpoint.clean"]);
  });

  it("are taken off and booted from where the strategy needs that", async () => {
    const { guest, of } = checkpoints({ takenWhile: "off" });
    await of.create("cp", NEVER);
    assert.deepEqual(guest.trace, ["sync", "shut down", "create checkpoint.cp", "boot", "wait"]);
  });

  it("are restored with the guest off, and give back a ready one with the right time", async () => {
    const { guest, of } = checkpoints({ init: "memory" });
    await of.create("cp", NEVER);
    await of.restore("cp", NEVER);
    assert.deepEqual(guest.trace.slice(2), [
      "power off",
      "restore checkpoint.cp",
      "drop",
      "wait",
      "set clock",
    ]);
  });

  it("tell what could not be renewed in the guest, and count as restored", async () => {
    const { of, warnings } = checkpoints({ init: "memory", problems: ["the clock is behind"] });
    await of.create("cp", NEVER);
    await of.restore("cp", NEVER);
    assert.deepEqual(warnings, ['restoring checkpoint "cp": the clock is behind']);
  });

  it("are booted after a cold restore", async () => {
    const { guest, of } = checkpoints({ init: "cold" });
    await of.create("cp", NEVER);
    await of.restore("cp", NEVER);
    assert.deepEqual(guest.trace.slice(3), ["restore checkpoint.cp", "drop", "boot", "wait"]);
  });

  it("of other runs are none: the guest is left alone", async () => {
    const { guest, of } = checkpoints();
    await assert.rejects(of.restore("cp", NEVER), /no checkpoint "cp"; none was made/);
    await of.create("other", NEVER);
    await assert.rejects(of.restore("cp", NEVER), /no checkpoint "cp"; made were: other/);
    assert.ok(!guest.trace.includes("power off"));
  });
});
