import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HypervisorHost } from "../../hypervisor/host";
import { createSnapshotStore, type GuestSnapshots } from "../../hypervisor/snapshots/store";
import {
  digests,
  makeGuest,
  mark,
  newPool,
  READ_DISK,
  READ_MEMORY,
  shell,
  type TestGuest,
  wanted,
} from "../e2e/snapshots/lab";

describe("snapshots that fail, of a real guest", function () {
  this.timeout(300_000);
  let guest: TestGuest;
  let store: GuestSnapshots;
  let frozen: string;
  const names = () => ({
    layers: readdirSync(guest.files.layers).sort(),
    snapshots: readdirSync(guest.files.snapshots).sort(),
  });

  before(async () => {
    guest = await makeGuest("failing");
    store = await guest.store();
    await guest.power.start();
    await guest.waitForLogin();
    await guest.run(mark("clean"));
    await store.create(wanted("clean"));
    await guest.power.powerOff();
    frozen = await digests(guest);
  });
  after(() => guest.destroy());
  beforeEach(async () => {
    await guest.power.powerOff();
    await store.settle({ project: null, keep: 1 });
  });

  /** A hypervisor that does something else when it is asked for one virsh command. */
  const hostThat = (command: string, instead: HypervisorHost["virsh"]): HypervisorHost => ({
    ...guest.host,
    virsh: (args, options) =>
      args[0] === command ? instead(args, options) : guest.host.virsh(args, options),
  });

  const oldOneStillWorks = async () => {
    assert.equal(await digests(guest), frozen);
    const verdict = await store.look(wanted("clean"));
    assert.equal(verdict.state === "hit" && verdict.resumes, "memory");
    await store.restore("clean");
    await guest.waitForLogin();
    assert.equal(await guest.run(READ_MEMORY), "clean");
    assert.equal(await guest.run(READ_DISK), "clean");
  };

  it("a create that libvirt refuses leaves the old snapshot, the running guest and no files", async () => {
    await store.restore("clean");
    await guest.waitForLogin();
    const before = names();
    const refusing = hostThat("snapshot-create-as", (args) => {
      // What a save that breaks off leaves behind.
      const file = /file=(.*),snapshot/.exec(args.find((arg) => arg.startsWith("file=")) ?? "")?.[1] ?? "";
      writeFileSync(file.replaceAll(",,", ","), "half a memory file");
      return Promise.reject(new Error("no snapshots today"));
    });
    const failing = createSnapshotStore(refusing, guest.spec, { strategy: "saved" });
    await assert.rejects(failing.create({ ...wanted("clean"), token: "new" }), /no snapshots today/);
    assert.deepEqual(names(), before);
    assert.equal(await guest.run(READ_MEMORY), "clean");
    await guest.power.powerOff();
    await oldOneStillWorks();
  });

  it("a create whose answer is lost takes no file away that the guest writes into", async () => {
    await store.restore("clean");
    await guest.waitForLogin();
    const losing = hostThat("snapshot-create-as", async (args, options) => {
      await guest.host.virsh(args, options);
      throw new Error("the link broke");
    });
    const failing = createSnapshotStore(losing, guest.spec, { strategy: "saved" });
    await assert.rejects(failing.create(wanted("p.1.init")), /the link broke/);
    await guest.run(mark("goes on"));
    assert.equal(await guest.run(READ_DISK), "goes on");
    assert.equal((await store.look(wanted("p.1.init"))).state, "miss");
    await guest.power.powerOff();
    await store.settle({ project: null, keep: 1 });
    assert.equal(names().layers.length, 2);
    await oldOneStillWorks();
  });

  it("a restore that libvirt refuses leaves the guest off, with the disks that it had", async () => {
    const before = names();
    const definition = await guest.host.virsh(["dumpxml", guest.spec.name]);
    const refusing = hostThat("restore", () => Promise.reject(new Error("no memory")));
    const failing = createSnapshotStore(refusing, guest.spec, { strategy: "saved" });
    await assert.rejects(failing.restore("clean"), /no memory/);
    assert.equal(await guest.power.state(), "off");
    assert.deepEqual(names(), before);
    assert.equal(await guest.host.virsh(["dumpxml", guest.spec.name]), definition);
    await oldOneStillWorks();
  });

  it("a memory file resumed by its own definition cannot write into the frozen disks", async () => {
    const careless = hostThat("restore", (args) => guest.host.virsh(args.slice(0, args.indexOf("--xml"))));
    const failing = createSnapshotStore(careless, guest.spec, { strategy: "saved" });
    await assert.rejects(failing.restore("clean"));
    assert.equal(await guest.power.state(), "off");
    await oldOneStillWorks();
  });

  it("a guest resumed over other disks than its fresh ones is stopped at once", async () => {
    const careless = hostThat("restore", async (args, options) => {
      const fresh = /file="([^"]*vda\.qcow2)"/.exec(options?.stdin ?? "")?.[1] ?? "";
      const other = join(guest.files.folder, "other.qcow2");
      await guest.host.files.copy(fresh.replaceAll("&apos;", "'"), other, "0600");
      return guest.host.virsh(args, { ...options, stdin: (options?.stdin ?? "").replace(fresh, other) });
    });
    const failing = createSnapshotStore(careless, guest.spec, { strategy: "saved" });
    await assert.rejects(
      failing.restore("clean"),
      /disk vda of the resumed guest is .*other.qcow2, not its fresh/,
    );
    assert.equal(await guest.power.state(), "off");
    await oldOneStillWorks();
  });

  it("a controller killed in the middle of a create harms nothing", async () => {
    await store.restore("clean");
    await guest.waitForLogin();
    const before = new Set(names().snapshots);
    const child = spawn(
      process.execPath,
      [
        "--require",
        "tsx/cjs",
        join(__dirname, "../e2e/snapshots/create-in-process.ts"),
        JSON.stringify(guest.spec),
      ],
      { stdio: "ignore" },
    );
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const begun = () =>
      names().snapshots.some(
        (id) =>
          !before.has(id) &&
          !id.includes(".") &&
          readdirSync(join(guest.files.snapshots, id)).includes("memory"),
      );
    for (
      const limit = Date.now() + 60_000;
      !begun();
      await new Promise((resolve) => setTimeout(resolve, 5))
    ) {
      assert.ok(Date.now() < limit, "the create did not begin");
    }
    child.kill("SIGKILL");
    await ended;
    await guest.power.powerOff();
    await store.settle({ project: "p", keep: 1 });
    assert.deepEqual(names().snapshots, [...before].sort());
    assert.equal(names().layers.length, 2);
    assert.equal((await store.look(wanted("p.1.init"))).state, "miss");
    await oldOneStillWorks();
  });

  it("a disk without room is an error that says how much is needed and free", async function () {
    if (process.getuid?.() !== 0) this.skip();
    const pool = newPool();
    await shell.output({ argv: ["mount", "-t", "tmpfs", "-o", "size=40M,mode=0711", "none", pool] });
    const small = await makeGuest("no room", {}, pool);
    try {
      const cramped = await small.store();
      await small.power.start();
      await small.waitForLogin();
      await assert.rejects(
        cramped.create(wanted("clean")),
        /no room .* needs up to \d+ MiB, and \d+ MiB are free in /,
      );
      assert.deepEqual(readdirSync(small.files.layers).length, 1);
      assert.equal(await small.run("echo fine"), "fine");
    } finally {
      await small.power.powerOff();
      await shell.run({ argv: ["umount", "-l", pool] });
      await small.destroy();
    }
  });

  it("records that cannot be read are no snapshots, and nothing is removed on their account", async () => {
    mkdirSync(join(guest.files.layers, "abandoned"));
    writeFileSync(join(guest.files.snapshots, "other.json"), "{ half a rec");
    await store.settle({ project: null, keep: 1 });
    assert.ok(names().layers.includes("abandoned"));
    assert.equal((await store.look(wanted("other"))).state, "miss");
    await guest.host.files.remove(join(guest.files.snapshots, "other.json"));
    await store.settle({ project: null, keep: 1 });
    assert.equal(names().layers.includes("abandoned"), false);
  });
});
