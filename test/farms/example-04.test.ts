import assert from "node:assert/strict";
import { failed, plannedChanges, says, succeeded } from "../e2e/support/outcomes";
import type { FarmUnderTest } from "../e2e/support/farm-under-test";
import { stateOf } from "../e2e/support/tiny-farm";
import { changeFarm, readyStack } from "../e2e/support/ready-stack";
import { farHypervisor, type FarHypervisor } from "./support/other-user";

/** Guests of the farm, with what `uname -m` says in them. */
const MACHINES = {
  "debian_12-amd64": "x86_64",
  "workbench-arm64": "aarch64",
  "workbench-ppc64": "ppc64le",
};
const GUESTS = Object.keys(MACHINES);

describe("ready stack example-04, the test farm", function () {
  let far: FarHypervisor;
  let farm: FarmUnderTest;
  const cleanUps: (() => Promise<void>)[] = [];

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    far = await farHypervisor();
    cleanUps.unshift(() => far.remove());
    farm = await readyStack("example-04", {
      hypervisors: { notebook_amd64: {}, rpi_4_arm64: far.definition },
    });
    cleanUps.unshift(() => farm.remove());
  });
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  const up = async () => succeeded(await farm.up("--continue-on-error", "--parallel", "2"));

  it("builds, tests and installs the C project on every architecture, over two hypervisors", async () => {
    await up();
    for (const [guest, machine] of Object.entries(MACHINES)) {
      const { status, error, cache } = farm.result(guest);
      assert.deepEqual([status, cache], ["passed", "miss"], error ?? guest);
      const log = farm.kept(guest, "main.log");
      assert.match(log, /^# PASS: +1$/m);
      assert.match(log, /^primes 1\.0$/m);
      assert.match(log, new RegExp(`^${machine}$`, "m"));
    }
    assert.equal(stateOf(farm, "debian_12-amd64"), "shut off");
    const there = far.domains();
    assert.ok(there.length > 0 && there.length < GUESTS.length, there.join());
    assert.ok(there.every((name) => name.startsWith(farm.stack)));
  });

  it("runs main alone in the second run, in several guests at once", async () => {
    await up();
    const spans = GUESTS.map((guest) => {
      const boots = guest === "workbench-ppc64" ? ["startup"] : [];
      assert.deepEqual(farm.acted(guest), ["restore init", ...boots, "main", "terminate", "shutdown"], guest);
      const { startedAt, durationMs, cache } = farm.result(guest);
      assert.equal(cache, "hit");
      return { from: Date.parse(startedAt), to: Date.parse(startedAt) + durationMs };
    });
    const overlap = spans.some((a) => spans.some((b) => a !== b && a.from < b.to && b.from < a.to));
    assert.ok(overlap, JSON.stringify(spans));
  });

  it("has another project by one setting, over the same clean snapshots, and replaces nothing for it", async () => {
    await farm.config("project", "vde");
    const preview = succeeded(await farm.preview());
    says(preview, /miss: there is no snapshot "example_04.vde.0.init"/);
    const changes = plannedChanges(preview);
    assert.ok(!Object.values(changes).includes("delete"), JSON.stringify(changes));
    for (const guest of GUESTS) {
      says(preview, `${guest}: miss`, "will run restore clean");
      assert.equal(changes[guest], undefined, `the domain of ${guest}`);
    }
  });

  it("refuses a hypervisor that shows another host key than the pinned one", async () => {
    changeFarm(farm, { hypervisors: { notebook_amd64: {}, rpi_4_arm64: far.withOtherKey } });
    says(failed(await farm.preview()), /host key/i);
    changeFarm(farm, { hypervisors: { notebook_amd64: {}, rpi_4_arm64: far.definition } });
  });
});
