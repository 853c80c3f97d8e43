import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { guestFiles } from "../../hypervisor/guest-files";
import { updateDomain } from "../../hypervisor/domain/lifecycle";
import { diskSources } from "../../hypervisor/snapshots/definition-disks";
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
import { tinyImage } from "../e2e/snapshots/tiny-image";

/** A definition whose machine, firmware and further disks a test writes itself. */
const template = (os: string, disks = "") => `
<domain type='{{type}}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}
  <memory unit='MiB'>{{memoryMiB}}</memory><vcpu>{{vcpus}}</vcpu>
  ${os}{{features}}{{cpu}}<clock offset='{{clock}}'/>
  <devices>{{disks}}${disks}{{controllers}}{{nics}}{{console}}{{agent}}<memballoon model='none'/>{{rng}}</devices>
  <qemu:commandline>{{qemuArguments}}</qemu:commandline>
</domain>`;

const escapeXml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("'", "&apos;").replaceAll("<", "&lt;");

describe("snapshots of guests of other kinds", function () {
  this.timeout(300_000);
  const guests: TestGuest[] = [];
  const make = async (...args: Parameters<typeof makeGuest>) => {
    const guest = await makeGuest(...args);
    guests.push(guest);
    return guest;
  };
  afterEach(async () => {
    for (const guest of guests.splice(0)) await guest.destroy();
  });

  /** Takes a snapshot, changes all, goes back twice. */
  const roundTrip = async (guest: TestGuest, read = READ_DISK, write = mark) => {
    const store = await guest.store();
    assert.equal(store.strategy, "saved");
    await guest.power.start();
    await guest.waitForLogin();
    await guest.run(write("then"));
    await store.create(wanted("clean"));
    await guest.run(write("later"));
    await guest.power.powerOff();
    const frozen = await digests(guest);
    for (const round of [1, 2]) {
      assert.deepEqual(await store.restore("clean"), { resumed: "memory" });
      await guest.waitForLogin();
      assert.equal(await guest.run(READ_MEMORY), "then");
      assert.equal(await guest.run(read), "then");
      await guest.run(write(`round ${round}`));
      await guest.power.powerOff();
      assert.equal(await digests(guest), frozen);
    }
    return store;
  };

  it("UEFI on q35: the firmware's variables come back too", async function () {
    const { kernel, initrd, cmdline } = await tinyImage();
    const code = "/usr/share/OVMF/OVMF_CODE.fd";
    const varsTemplate = "/usr/share/OVMF/OVMF_VARS.fd";
    if (!existsSync(code)) this.skip();
    const pool = newPool();
    const name = `guest-farm-test uefi ${process.pid}`;
    const os = `<os><type arch='x86_64' machine='q35'>hvm</type>
      <loader readonly='yes' type='pflash'>${code}</loader>
      <nvram template='${varsTemplate}'>${escapeXml(guestFiles(pool, name).nvram)}</nvram>
      <kernel>${kernel}</kernel><initrd>${initrd}</initrd><cmdline>${cmdline}</cmdline></os>`;
    const change: Partial<DomainSpec> = {
      machine: "q35",
      seedBus: "scsi",
      firmware: { kind: "uefi", code, varsTemplate },
      template: template(os),
    };
    const guest = await make("uefi", change, pool);
    assert.equal(guest.spec.name, name);
    const store = await roundTrip(guest);
    const nvramDigest = async () =>
      (await shell.output({ argv: ["sha256sum", guest.files.nvram] })).slice(0, 65);
    await store.restore("clean");
    await guest.power.powerOff();
    const snapshotted = (await store.list())[0]?.nvram?.sha256;
    await guest.host.files.writeAtomic(guest.files.nvram, "spoilt", "0600");
    await store.settle({ project: null, keep: 1 });
    assert.equal((await nvramDigest()).trim(), snapshotted);
  });

  it("a raw base image", async () => {
    const image = await tinyImage();
    const pool = newPool();
    const raw = join(pool, "base.raw");
    await shell.output({ argv: ["qemu-img", "convert", "-O", "raw", image.baseImage.path, raw] });
    await roundTrip(
      await make("raw", { baseImage: { path: raw, digest: "1".repeat(64), format: "raw" } }, pool),
    );
  });

  it("two writable disks and one that is read-only", async () => {
    const pool = newPool();
    const disk = async (name: string, format: "qcow2" | "raw", readOnly: boolean) => {
      const path = join(pool, name);
      await shell.output({ argv: ["qemu-img", "create", "-q", "-f", format, path, "16M"] });
      return { path, format, readOnly };
    };
    const extraDisks = [await disk("data.raw", "raw", false), await disk("tools.qcow2", "qcow2", true)];
    const guest = await make("disks", { extraDisks }, pool);
    const before = await shell.output({ argv: ["sha256sum", ...extraDisks.map(({ path }) => path)] });
    const write = (value: string) =>
      `${mark(value)}; printf '%-64s' '${value}' | dd of=/dev/vdb conv=notrunc 2>/dev/null; sync`;
    const read = `${READ_DISK} > /dev/null; dd if=/dev/vdb bs=64 count=1 2>/dev/null | tr -d ' '`;
    const store = await roundTrip(guest, read, write);
    const records = await store.list();
    assert.deepEqual(
      records[0]?.disks.map(({ path }) => path.split("/").at(-1)),
      ["vda.qcow2", "vdb.qcow2"],
    );
    await store.settle({ project: null, keep: 1 });
    const sources = diskSources(await guest.host.virsh(["dumpxml", "--inactive", guest.spec.name]));
    assert.equal(sources.get("vdc"), extraDisks[1]?.path);
    assert.equal(await shell.output({ argv: ["sha256sum", ...extraDisks.map(({ path }) => path)] }), before);
  });

  it("a writable disk that is outside: by overlay only", async () => {
    const image = await tinyImage();
    const pool = newPool();
    const outside = join(pool, "outside.qcow2");
    await shell.output({ argv: ["qemu-img", "create", "-q", "-f", "qcow2", outside, "16M"] });
    const os = `<os><type arch='x86_64' machine='pc'>hvm</type><kernel>${image.kernel}</kernel><initrd>${image.initrd}</initrd><cmdline>${image.cmdline}</cmdline></os>`;
    const disk = `<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${escapeXml(outside)}'/><target dev='vdx' bus='virtio'/></disk>`;
    const guest = await make("outside", { template: template(os, disk) }, pool);
    await assert.rejects(guest.store("saved"), /writable disk vdx is outside/);
    const store = await guest.store();
    assert.equal(store.strategy, "overlay");
    assert.match(store.strategyReason, /vdx is outside/);
    await store.create(wanted("clean"));
    await store.restore("clean");
    await store.settle({ project: null, keep: 1 });
    assert.equal(existsSync(outside), true);
    assert.equal(diskSources(await guest.host.virsh(["dumpxml", guest.spec.name])).get("vdx"), outside);
  });

  it("a guest that has more memory than its snapshot: boots from the same disks", async () => {
    const guest = await make("grown");
    await roundTrip(guest);
    const larger = { ...guest.spec, memoryMiB: guest.spec.memoryMiB + 64 };
    await updateDomain(guest.host, guest.spec, larger);
    const store = await guest.store("auto", larger);
    const verdict = await store.look(wanted("clean"));
    assert.equal(verdict.state, "hit");
    assert.equal(verdict.resumes, "cold");
    assert.match(verdict.reason, /memory changed from 192 MiB to 256 MiB/);
    assert.deepEqual(await store.restore("clean"), { resumed: "cold" });
    assert.equal(await guest.power.state(), "off");
    await guest.power.start();
    await guest.waitForLogin();
    assert.equal(await guest.run(READ_DISK), "then");
    assert.equal(await guest.run("ls /ram 2>/dev/null || true"), "");
    assert.ok(Number(await guest.run("awk '/MemTotal/ {print $2}' /proc/meminfo")) > 200_000);
  });
});
