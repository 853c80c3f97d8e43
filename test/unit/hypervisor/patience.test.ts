import assert from "node:assert/strict";
import { CommandTimeoutError, LinkLostError } from "../../../connections/shell";
import { LIBVIRT_AWAY_AT_FIRST_MS, LIBVIRT_AWAY_MS } from "../../../definitions/time-limits";
import { whyLibvirtAway } from "../../../hypervisor/libvirt-away";
import { Patience } from "../../../hypervisor/patience";
import { refusal } from "./fake-host";

/** A clock on which waits take no time at all. */
function patienceOnFastClock() {
  let now = 0;
  const said: string[] = [];
  const clock = {
    now: () => now,
    sleep: (ms: number, signal?: AbortSignal) => {
      now += ms;
      return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
  };
  return { patience: new Patience("rack1", (text) => said.push(text), clock), said, now: () => now };
}

const away = () => Promise.reject(new LinkLostError("rack1", "connection refused"));
const whyAway = (outcome: object) => ("error" in outcome ? "refused" : null);

describe("patience with libvirt", () => {
  it("is short before the first answer and long after it", async () => {
    const { patience, now } = patienceOnFastClock();
    await assert.rejects(patience.untilAnswered(away, whyAway), LinkLostError);
    assert.ok(now() >= LIBVIRT_AWAY_AT_FIRST_MS && now() < 2 * LIBVIRT_AWAY_AT_FIRST_MS);
    await patience.untilAnswered(() => Promise.resolve(), whyAway);
    const before = now();
    await assert.rejects(patience.untilAnswered(away, whyAway), LinkLostError);
    assert.ok(now() - before >= LIBVIRT_AWAY_MS && now() - before < 2 * LIBVIRT_AWAY_MS);
  });

  it("counts from the beginning of an outage, however many commands meet it", async () => {
    const { patience, now } = patienceOnFastClock();
    await patience.untilAnswered(() => Promise.resolve(), whyAway);
    await assert.rejects(patience.untilAnswered(away, whyAway));
    const gaveUp = now();
    let attempts = 0;
    const again = patience.untilAnswered(() => (attempts++, away()), whyAway);
    await assert.rejects(again);
    assert.equal(attempts, 1);
    assert.equal(now(), gaveUp);
  });

  it("tells of the wait now and then, not at every attempt", async () => {
    const { patience, said } = patienceOnFastClock();
    await patience.untilAnswered(() => Promise.resolve(), whyAway);
    await assert.rejects(patience.untilAnswered(away, whyAway));
    assert.ok(said.length > 10 && said.length <= LIBVIRT_AWAY_MS / 15_000, `${said.length} lines`);
  });

  it("ends with its signal", async () => {
    const { patience } = patienceOnFastClock();
    const stop = AbortSignal.abort(new Error("the lease was lost"));
    await assert.rejects(patience.untilAnswered(away, whyAway, stop), /the lease was lost/);
  });
});

describe("a command that libvirt did not answer", () => {
  const lostMidway = { error: new LinkLostError("rack1", "the link broke while virsh ran", true) };
  const late = { error: new CommandTimeoutError("rack1", ["virsh", "domstate"], 60_000) };
  const said = (stderr: string) => ({ value: { exitCode: 1, stdout: "", stderr: "", ...refusal(stderr) } });

  it("is repeated when it has certainly not begun, whatever it does", () => {
    assert.match(whyLibvirtAway(said("failed to connect to the hypervisor"), false)!, /failed to connect/);
    assert.match(whyLibvirtAway({ error: new LinkLostError("rack1", "refused") }, false)!, /refused/);
  });

  it("is repeated after it may have run only where that does no harm", () => {
    for (const outcome of [
      lostMidway,
      late,
      said("Disconnected from qemu:///system due to end of file"),
      said("Cannot recv data: Connection reset by peer"),
      said("Timed out during operation: cannot acquire state change lock (held by monitor)"),
    ]) {
      assert.equal(whyLibvirtAway(outcome, false), null);
      assert.notEqual(whyLibvirtAway(outcome, true), null);
    }
  });

  it("is not repeated after an answer", () => {
    assert.equal(whyLibvirtAway(said("failed to get domain 'web'"), true), null);
    assert.equal(whyLibvirtAway({ value: { exitCode: 0, stdout: "running", stderr: "" } }, true), null);
    assert.equal(whyLibvirtAway({ error: new Error("spawn EMFILE") }, true), null);
  });
});
