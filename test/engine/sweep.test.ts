import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deleteDomain } from "../../hypervisor/domain/delete";
import { createDomain } from "../../hypervisor/domain/lifecycle";
import type { LiveFarms } from "../../hypervisor/sweep/decide";
import { performSweep, planSweep } from "../../hypervisor/sweep/sweep";
import { HaltingGuests } from "../support/halting-guests";

/** Of this test alone, so that nothing else on this libvirt is an item that goes. */
const STACK = `sweep-test-${process.pid}`;

describe("a sweep on a real libvirt", function () {
  this.timeout(240_000);
  let guests: HaltingGuests;
  before(async () => (guests = await HaltingGuests.open()));
  afterEach(() => guests.clear());
  after(() => guests.close());

  const pool = () => guests.host.spec.diskPoolPath;
  const cache = () => guests.host.spec.imageCachePath;
  const owner = (farm: string, guest = "web") => ({ farm, stack: STACK, guest, version: "0.1.0" });
  const live = (...names: string[]): LiveFarms => ({
    farms: new Map([["live", { stack: STACK, domains: new Set(names), networks: new Set() }]]),
  });
  const plan = (known: LiveFarms, lostFarm: string | null = null) =>
    planSweep(guests.host, known, { lostFarm, olderThanMs: 0, now: Date.now() + 1000 });
  const sweep = async (known: LiveFarms, lostFarm: string | null = null) => {
    const outcomes = await performSweep(guests.host, await plan(known, lostFarm));
    assert.deepEqual(
      outcomes.flatMap(({ failure }) => failure ?? []),
      [],
    );
    return outcomes.filter(({ remove }) => remove).map(({ name }) => name);
  };

  it("removes what crashed and lost stacks left, and nothing of anybody else", async () => {
    const alive = guests.spec({ owner: owner("live") });
    const crashed = guests.spec({ owner: owner("live") });
    const alike = guests.spec({ name: `${crashed.name}-2`, owner: owner("other") });
    const lost = guests.spec({ name: `${crashed.name} & "lost"`, owner: owner("lost") });
    const disk = guests.spec({ owner: owner("live") });
    for (const spec of [alive, crashed, alike, lost, disk]) await createDomain(guests.host, spec);
    await guests.host.virsh(["start", crashed.name]);
    await guests.host.virsh(["undefine", disk.name]);
    await mkdir(join(pool(), "stranger"));
    await mkdir(join(cache(), "locks"), { recursive: true });
    await mkdir(join(cache(), "work", "abc.x1"), { recursive: true });
    const before = await guests.host.virsh(["list", "--all", "--name"]);

    const planned = await plan(live(alive.name));
    assert.equal(await guests.host.virsh(["list", "--all", "--name"]), before, "a plan changes nothing");
    assert.deepEqual(
      planned.flatMap(({ remove, name }) => (remove ? [name] : [])).sort(),
      [crashed.name, disk.name, join(cache(), "work", "abc.x1")].sort(),
    );
    await sweep(live(alive.name));
    assert.ok(!(await guests.isDefined(crashed)));
    for (const spec of [alive, alike, lost]) assert.ok(await guests.isDefined(spec));
    assert.deepEqual(await readdir(join(cache(), "work")), []);

    assert.deepEqual(await sweep(live(alive.name), "lost"), [lost.name]);
    for (const spec of [alive, alike]) assert.ok(await guests.isDefined(spec));
    assert.deepEqual((await readdir(pool())).sort(), [alive.name, alike.name, "stranger"].sort());
    assert.deepEqual(await sweep(live(alive.name), "lost"), [], "the second time nothing is left");
  });

  it("leaves what a live lease holds", async () => {
    const spec = guests.spec({ owner: owner("live") });
    await createDomain(guests.host, spec);
    const holder = spawn("flock", [guests.files(spec).lease, "sh", "-c", "echo held; cat"], {
      stdio: "pipe",
    });
    await once(holder.stdout, "data");
    try {
      assert.deepEqual(await sweep(live()), []);
    } finally {
      holder.stdin.end();
      await once(holder, "exit");
    }
    assert.deepEqual(await sweep(live()), [spec.name]);
  });

  it("leaves what somebody's overlay or domain stands on", async () => {
    const spec = guests.spec({ owner: owner("live") });
    await createDomain(guests.host, spec);
    const overlay = join(pool(), "theirs.qcow2");
    const under = await guests.rootDisk(spec);
    await guests.run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", under, overlay);
    assert.deepEqual(await sweep(live()), []);
    assert.match(
      (await plan(live())).find(({ name }) => name === spec.name)?.reason ?? "",
      /theirs\.qcow2 refers to it/,
    );
    await rm(overlay);
    const theirs = guests.spec();
    const xml = `<domain type='qemu'><name>${theirs.name}</name><memory unit='MiB'>32</memory><os><type>hvm</type></os>
      <devices><disk type='file'><source file='${under}'/><target dev='vda'/></disk></devices></domain>`;
    await guests.host.virsh(["define", "--file", "/dev/stdin"], { stdin: xml });
    assert.deepEqual(await sweep(live()), []);
    await guests.host.virsh(["undefine", theirs.name]);
    assert.deepEqual(await sweep(live()), [spec.name]);
  });

  it("keeps the disk of a long-lived guest, and never touches it again", async () => {
    const spec = guests.spec({ owner: owner("live"), keepRunning: true });
    await createDomain(guests.host, spec);
    assert.deepEqual(await sweep(live()), [spec.name]);
    assert.deepEqual(await readdir(pool()), [`kept~${spec.name}`]);
    assert.deepEqual(await sweep(live(), "live"), []);
    assert.match(await readFile(join(pool(), `kept~${spec.name}`, "kept.json"), "utf8"), /"kept": true/);
  });

  it("removes what a delete that was broken off had begun to keep", async () => {
    const spec = guests.spec({ owner: owner("live"), keepRunning: true });
    await createDomain(guests.host, spec);
    const work = join(pool(), `kept~${spec.name}.new`);
    await mkdir(work);
    const mark = await readFile(guests.files(spec).owner, "utf8");
    await writeFile(join(work, "owner.json"), mark);
    await writeFile(join(work, "vda.qcow2"), "half");
    await deleteDomain(guests.host, spec, { removeDisks: true });
    assert.deepEqual(await sweep(live()), [spec.name]);
    assert.deepEqual(await readdir(pool()), []);
  });
});
