import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { diskSources } from "../../hypervisor/snapshots/definition-disks";
import { STDIN_FILE } from "../../hypervisor/host";
import { freePort } from "../support/free-port";
import type { GuestSnapshots } from "../../hypervisor/snapshots/store";
import {
  controllerClock,
  digests,
  makeGuest,
  mark,
  READ_DISK,
  READ_MEMORY,
  type TestGuest,
  wanted,
} from "../e2e/snapshots/lab";

describe("snapshots by strategy saved, of a real guest", function () {
  this.timeout(300_000);
  let guest: TestGuest;
  let store: GuestSnapshots;
  let frozen: string;
  const CLEAN = wanted("clean");
  const INIT = wanted("demo app.1.init");

  before(async () => {
    guest = await makeGuest("saved $(x) 'y'");
    store = await guest.store();
  });
  after(() => guest.destroy());
  afterEach(() => guest.power.powerOff());

  const restoreAndLogIn = async (name: string) => {
    const restored = await store.restore(name);
    if (restored.resumed === "cold") await guest.power.start();
    await guest.waitForLogin();
    return restored.resumed;
  };

  it("are taken of the running guest, which goes on as it was", async () => {
    assert.equal(store.strategy, "saved");
    assert.equal(store.takenWhile, "on");
    assert.deepEqual(await store.look(CLEAN), { state: "miss", reason: 'there is no snapshot "clean"' });
    assert.equal(await store.disksNow(), "pristine");
    await guest.power.start();
    await guest.waitForLogin();
    await store.removeSeed();
    await guest.run(mark("clean"));
    await store.create(CLEAN);
    assert.equal(await store.disksNow(), "pristine");
    await store.markTouched();
    assert.equal(await store.disksNow(), "touched");
    await guest.run(mark("init"));
    await store.create(INIT);
    assert.equal(await guest.run(READ_MEMORY), "init");
    assert.equal(await guest.run(READ_DISK), "init");
    await guest.run(mark("main"));
    await guest.power.powerOff();
    frozen = await digests(guest);
    assert.deepEqual(
      (await store.list()).map(({ name, kind, project, revision, strategy }) => [
        name,
        kind,
        project,
        revision,
        strategy,
      ]),
      [
        ["clean", "clean", null, null, "saved"],
        [INIT.name, "init", INIT.project, INIT.revision, "saved"],
      ],
    );
  });

  it("take the seed medium along nowhere", () => {
    assert.equal(existsSync(guest.files.seed), false);
  });

  for (const round of [1, 2, 3]) {
    it(`give memory and disk back and stay as they are, round ${round}`, async () => {
      const verdict = await store.look(INIT);
      assert.equal(verdict.state, "hit");
      assert.deepEqual([verdict.resumes, verdict.token], ["memory", INIT.token]);
      assert.equal(await restoreAndLogIn(INIT.name), "memory");
      assert.equal(await guest.run(READ_MEMORY), "init");
      assert.equal(await guest.run(READ_DISK), "init");
      await guest.run(mark(`run ${round}`));
      await guest.power.powerOff();
      await store.settle({ project: INIT.project, keep: 3 });
      assert.equal(await digests(guest), frozen);
      assert.equal(readdirSync(guest.files.layers).length, 3, "clean, init, and a fresh layer");
    });
  }

  it("give memory back when only the host's side has changed, and the guest has the ports of today", async () => {
    const before = await guest.host.virsh(["dumpxml", "--inactive", "--security-info", guest.spec.name]);
    const port = await freePort();
    const forward = /hostfwd=tcp:127\.0\.0\.1:\d+-:22/;
    const moved = before.replace(forward, `hostfwd=tcp:127.0.0.1:${port}-:22`);
    assert.notEqual(moved, before);
    await guest.host.virsh(["define", "--file", STDIN_FILE], { stdin: moved });
    const verdict = await store.look(INIT);
    assert.equal(verdict.state === "hit" && verdict.resumes, "memory");
    assert.deepEqual(await store.restore(INIT.name), { resumed: "memory" });
    assert.match(
      await guest.host.virsh(["dumpxml", guest.spec.name]),
      new RegExp(`hostfwd=tcp:127\\.0\\.0\\.1:${port}-:22`),
    );
    await guest.waitForLogin(150_000, port);
    assert.equal(await guest.run(READ_MEMORY, port), "init");
    assert.equal(await guest.run(READ_DISK, port), "init");
    await guest.power.powerOff();
    await guest.host.virsh(["define", "--file", STDIN_FILE], { stdin: before });
    await store.settle({ project: INIT.project, keep: 3 });
    assert.equal(await digests(guest), frozen);
  });

  it("have the disks of the next start laid while the guest is on, which settling uses or removes", async () => {
    await restoreAndLogIn(INIT.name);
    const layers = () => readdirSync(guest.files.layers);
    const before = layers();
    await store.prepareSettle();
    const prepared = layers().filter((name) => !before.includes(name));
    assert.equal(prepared.length, 1);
    await store.prepareSettle();
    const [again = ""] = layers().filter((name) => !before.includes(name) && !prepared.includes(name));
    await guest.run("touch /still-here; sync");
    await guest.power.powerOff();
    await store.settle({ project: INIT.project, keep: 3 });
    assert.equal(layers().length, 3, "clean, init, and a fresh layer");
    assert.ok(layers().includes(again), "the one that was prepared last");
    assert.match(
      await guest.host.virsh(["dumpxml", "--inactive", "--domain", guest.spec.name]),
      new RegExp(`/layers/${again}/`),
    );
    assert.equal(await digests(guest), frozen);
  });

  it("let the guest's clock be set after a restore", async () => {
    await restoreAndLogIn("clean");
    assert.equal(await guest.run(READ_MEMORY), "clean");
    assert.equal(await guest.run(READ_DISK), "clean");
    assert.equal(await store.disksNow(), "pristine", "the clean snapshot was taken before any phase");
    await guest.run(controllerClock());
    const skew = Math.abs(Number(await guest.run("date +%s")) - Date.now() / 1000);
    assert.ok(skew < 2, `${skew} s off`);
  });

  it("survive a power cycle on the restored disks", async () => {
    await restoreAndLogIn(INIT.name);
    await guest.run("echo kept > /kept; sync");
    await guest.power.powerOff();
    await guest.power.start();
    await guest.waitForLogin();
    assert.equal(await guest.run("cat /kept"), "kept");
    assert.equal(await guest.run("ls /ram 2>/dev/null || true"), "");
    await guest.power.powerOff();
    assert.equal(await digests(guest), frozen);
  });

  it("are stale by another key, and the old one stays until the new one is complete", async () => {
    const changed = { ...INIT, key: "another key", token: "another token" };
    const verdict = await store.look(changed);
    assert.equal(verdict.state, "stale");
    assert.match(verdict.reason, /content key/);
    await restoreAndLogIn("clean");
    await guest.run(mark("init again"));
    await store.create(changed);
    await guest.power.powerOff();
    const found = await store.look(changed);
    assert.equal(found.state === "hit" && found.token, "another token");
    assert.equal((await store.look(INIT)).state, "stale");
    await store.settle({ project: INIT.project, keep: 3 });
    assert.equal(readdirSync(guest.files.layers).length, 3, "the replaced one is gone");
    assert.equal(readdirSync(guest.files.snapshots).length, 4, "two records and their folders");
    await restoreAndLogIn(INIT.name);
    assert.equal(await guest.run(READ_DISK), "init again");
  });

  it("serve as checkpoints in the middle of a run, and go with it", async () => {
    await restoreAndLogIn(INIT.name);
    await guest.run(mark("before"));
    await store.create(wanted("before the test"));
    await guest.run(mark("after"));
    await guest.power.powerOff();
    assert.equal(await restoreAndLogIn("before the test"), "memory");
    assert.equal(await guest.run(READ_MEMORY), "before");
    assert.equal(await guest.run(READ_DISK), "before");
    await guest.power.powerOff();
    await store.settle({ project: INIT.project, keep: 3 });
    assert.deepEqual(
      (await store.list()).map(({ name }) => name),
      ["clean", INIT.name],
    );
    assert.equal(readdirSync(guest.files.layers).length, 3);
  });

  it("keep the newest init snapshots of a project, and others' all", async () => {
    for (const name of ["demo app.2.init", "demo app.3.init", "demo app.4.init", "other.1.init"]) {
      await restoreAndLogIn("clean");
      await store.create(wanted(name));
      await guest.power.powerOff();
    }
    await store.settle({ project: "demo app", keep: 2 });
    const names = (await store.list()).map(({ name }) => name);
    assert.deepEqual(names, ["clean", "demo app.3.init", "demo app.4.init", "other.1.init"]);
    for (const name of names) assert.equal((await store.look(wanted(name))).state, "hit", name);
    assert.equal(await restoreAndLogIn("demo app.3.init"), "memory");
    await guest.power.powerOff();
    await store.delete("other.1.init");
    await store.delete("other.1.init");
    assert.equal((await store.look(wanted("other.1.init"))).state, "miss");
    assert.equal((await store.look(wanted("demo app.4.init"))).state, "hit");
  });

  it("are missed when their disks are gone, and boot when only their memory is", async () => {
    const records = await store.list();
    const init = records.find(({ name }) => name === "demo app.4.init");
    await guest.host.files.remove(join(guest.files.folder, init?.memory?.path ?? ""));
    const cold = await store.look(wanted("demo app.4.init"));
    assert.equal(cold.state === "hit" && cold.resumes, "cold");
    assert.equal(await restoreAndLogIn("demo app.4.init"), "cold");
    assert.equal(await guest.run(READ_DISK), "clean");
    await guest.power.powerOff();
    await guest.host.files.remove(join(guest.files.folder, init?.disks[0]?.path ?? ""));
    const miss = await store.look(wanted("demo app.4.init"));
    assert.equal(miss.state, "miss");
    await assert.rejects(
      store.restore("demo app.4.init"),
      /cannot be restored: its file layers.* is not there/,
    );
    assert.equal(await guest.power.state(), "off");
  });

  it("give way to fresh disks over the base image", async () => {
    await store.resetToBase();
    assert.equal(existsSync(guest.files.seed), true);
    assert.equal(await store.disksNow(), "pristine");
    await guest.power.start();
    await guest.waitForLogin();
    assert.equal(await guest.run("ls /mark 2>/dev/null || true"), "");
    assert.equal(
      diskSources(await guest.host.virsh(["dumpxml", guest.spec.name])).get("hda"),
      guest.files.seed,
    );
  });
});
