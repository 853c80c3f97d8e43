import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import type { GuestSnapshots } from "../../hypervisor/snapshots/store";
import { updateDomain } from "../../hypervisor/domain/lifecycle";
import {
  digests,
  makeGuest,
  mark,
  READ_DISK,
  READ_MEMORY,
  type TestGuest,
  wanted,
} from "../e2e/snapshots/lab";

describe("snapshots by the other strategies, of a real guest", function () {
  this.timeout(300_000);

  describe("live", () => {
    let guest: TestGuest;
    let store: GuestSnapshots;
    const internals = async () =>
      (await guest.host.virsh(["snapshot-list", "--name", guest.spec.name]))
        .split("\n")
        .filter((name) => name.trim() !== "");

    before(async () => {
      guest = await makeGuest("live");
      store = await guest.store("live");
    });
    after(() => guest.destroy());
    afterEach(() => guest.power.powerOff());

    it("gives memory and disks back, whether a phase had touched them included", async () => {
      assert.equal(store.takenWhile, "on");
      await guest.power.start();
      await guest.waitForLogin();
      await guest.run(mark("clean"));
      await store.create(wanted("clean"));
      await store.markTouched();
      await guest.run(mark("init"));
      await store.create(wanted("p.1.init"));
      await guest.run(mark("main"));
      await guest.power.powerOff();
      for (const [name, value] of [
        ["p.1.init", "init"],
        ["clean", "clean"],
        ["p.1.init", "init"],
      ] as const) {
        const verdict = await store.look(wanted(name));
        assert.equal(verdict.state === "hit" && verdict.resumes, "memory");
        assert.deepEqual(await store.restore(name), { resumed: "memory" });
        await guest.waitForLogin();
        assert.equal(await guest.run(READ_MEMORY), value);
        assert.equal(await guest.run(READ_DISK), value);
        assert.equal((await store.disksNow()) === "pristine", name === "clean");
        await guest.power.powerOff();
        await store.settle({ project: "p", keep: 3 });
      }
    });

    it("boots from the disks of then when the machine has changed", async () => {
      const larger = { ...guest.spec, memoryMiB: 224 };
      await updateDomain(guest.host, guest.spec, larger);
      const changed = await guest.store("live", larger);
      assert.deepEqual(await changed.restore("p.1.init"), { resumed: "cold" });
      await guest.power.start();
      await guest.waitForLogin();
      assert.equal(await guest.run(READ_DISK), "init");
      await guest.power.powerOff();
      await updateDomain(guest.host, larger, guest.spec);
    });

    it("replaces a stale snapshot, and forgets by retention", async () => {
      await store.restore("clean");
      await guest.waitForLogin();
      await store.create({ ...wanted("p.1.init"), token: "newer" });
      for (const revision of ["2", "3"]) await store.create(wanted(`p.${revision}.init`));
      await guest.power.powerOff();
      assert.equal((await internals()).length, 5);
      const verdict = await store.look(wanted("p.1.init"));
      assert.equal(verdict.state === "hit" && verdict.token, "newer");
      await store.settle({ project: "p", keep: 1 });
      assert.deepEqual(
        (await store.list()).map(({ name }) => name),
        ["clean", "p.3.init"],
      );
      assert.equal((await internals()).length, 2, "what has no record is gone from the disks");
    });

    it("is missed when libvirt's snapshot was deleted behind our back", async () => {
      const record = (await store.list()).find(({ name }) => name === "p.3.init");
      await guest.host.virsh(["snapshot-delete", guest.spec.name, record?.internal ?? ""]);
      assert.equal((await store.look(wanted("p.3.init"))).state, "miss");
      await assert.rejects(store.restore("p.3.init"), /is not there/);
    });

    it("gives way to a snapshot that froze its disks", async () => {
      await store.restore("clean");
      await guest.waitForLogin();
      const saved = await guest.store("saved");
      await saved.create(wanted("p.4.init"));
      await guest.power.powerOff();
      const frozen = await digests(guest);
      assert.equal((await store.look(wanted("clean"))).state, "stale");
      await assert.rejects(store.restore("clean"), /frozen/);
      assert.deepEqual(await store.restore("p.4.init"), { resumed: "memory" });
      await guest.waitForLogin();
      assert.equal(await guest.run(READ_DISK), "clean");
      await guest.power.powerOff();
      await store.settle({ project: "p", keep: 3 });
      assert.equal(await digests(guest), frozen);
    });
  });

  describe("overlay", () => {
    let guest: TestGuest;
    before(async () => {
      guest = await makeGuest("overlay");
    });
    after(() => guest.destroy());

    it("gives the disks back, for a boot", async () => {
      const store = await guest.store("overlay");
      assert.equal(store.takenWhile, "off");
      const boot = async () => {
        await guest.power.start();
        await guest.waitForLogin();
      };
      await boot();
      await assert.rejects(store.create(wanted("clean")), /is on; it has to be off/);
      await guest.run(mark("clean"));
      await guest.power.shutDown({ tries: 2, delayMs: 10_000 });
      await store.create(wanted("clean"));
      await boot();
      await guest.run(mark("main"));
      await guest.power.powerOff();
      const frozen = await digests(guest);
      const verdict = await store.look(wanted("clean"));
      assert.equal(verdict.state === "hit" && verdict.resumes, "cold");
      assert.deepEqual(await store.restore("clean"), { resumed: "cold" });
      assert.equal(await guest.power.state(), "off");
      await boot();
      assert.equal(await guest.run(READ_DISK), "clean");
      await guest.run(mark("main again"));
      await guest.power.powerOff();
      await store.settle({ project: null, keep: 1 });
      assert.equal(await digests(guest), frozen);
      assert.equal(readdirSync(guest.files.layers).length, 2);
    });
  });
});
