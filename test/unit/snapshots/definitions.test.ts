import assert from "node:assert/strict";
import { diskSources, rewriteDisks } from "../../../hypervisor/snapshots/definition-disks";
import { hostVersions, resumeDifference, resumeFacts } from "../../../hypervisor/snapshots/resume-facts";

const definition = (
  change: { disk?: string; memory?: string; seed?: string; nic?: string; mark?: string } = {},
) => `
<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>a &amp; b</name><uuid>e7c0b2b4-0000-4000-8000-000000000001</uuid>
  <metadata><farm:owner xmlns:farm='https://guest-farm.dev/xmlns/owner/1' version='${change.mark ?? "1"}'/></metadata>
  <memory unit='KiB'>${change.memory ?? "262144"}</memory><vcpu placement='static'>2</vcpu>
  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='writeback'/>
      ${change.disk ?? "<source file='/pool/layers/a/vda.qcow2'/>"}
      <target dev='vda' bus='virtio'/><address type='pci' slot='0x05'/>
    </disk>
    <disk type='file' device='cdrom'>${change.seed ?? ""}<target dev='hda' bus='ide'/><readonly/></disk>
  </devices>
  <qemu:commandline><qemu:arg value='-netdev'/><qemu:arg value='${change.nic ?? "user,id=n,hostfwd=tcp:127.0.0.1:1-:22"}'/></qemu:commandline>
</domain>`;

describe("rewriting the disks of a definition", () => {
  const chain =
    "<source file='/pool/layers/a/vda.qcow2' index='3'><seclabel model='dac' relabel='no'/></source>" +
    "<backingStore type='file'><format type='qcow2'/><source file='/pool/layers/b/vda.qcow2'/><backingStore/></backingStore>";

  it("changes the file and drops what was noted about the old one, and nothing else", () => {
    const file = '/pool/it\'s <new> & "good"/vda.qcow2';
    const xml = rewriteDisks(definition({ disk: chain }), { sources: { vda: file } });
    assert.equal(diskSources(xml).get("vda"), file);
    assert.doesNotMatch(xml, /backingStore|layers\/b|seclabel/);
    const put = "/pool/it&apos;s &lt;new&gt; &amp; &quot;good&quot;/vda.qcow2";
    assert.equal(xml, definition({ disk: "" }).replace("<target dev='vda'", `<source file="${put}"/>$&`));
  });
  it("puts a medium into an empty drive, and leaves other drives alone", () => {
    const medium = { device: "hda", file: "/pool/seed.iso" };
    const filled = rewriteDisks(definition(), { sources: {}, medium });
    assert.deepEqual(
      [...diskSources(filled)],
      [
        ["vda", "/pool/layers/a/vda.qcow2"],
        ["hda", "/pool/seed.iso"],
      ],
    );
    assert.equal(diskSources(rewriteDisks(filled, { sources: { vda: "/x" } })).get("hda"), "/pool/seed.iso");
  });
  it("refuses a definition without one of the disks", () => {
    assert.throws(() => rewriteDisks(definition(), { sources: { vda: "/a", vdb: "/b" } }), /has no disk vdb/);
  });
});

describe("resume facts", () => {
  const host = { libvirt: "9.0.0", qemu: "7.2.22", cpu: "x" };
  const facts = (change: Parameters<typeof definition>[0] = {}) => resumeFacts(definition(change), host);
  const same = facts();

  it("read memory and processors", () => {
    assert.deepEqual([same.memoryMiB, same.vcpus], [256, 2]);
  });
  for (const [name, change] of Object.entries({
    "the files under disks": {
      disk: "<source file='/elsewhere/vda.qcow2' index='7'/><backingStore type='file'><source file='/x'/></backingStore>",
    },
    "the seed medium": { seed: "<source file='/pool/seed.iso'/>" },
    "the owner's version": { mark: "2" },
  })) {
    it(`are the same whatever ${name}`, () => {
      assert.equal(resumeDifference(same, facts(change)), null);
    });
  }
  for (const [name, change, reason] of [
    ["memory", { memory: "524288" }, /memory changed from 256 MiB to 512 MiB/],
    ["a forwarded port", { nic: "user,id=n,hostfwd=tcp:127.0.0.1:2-:22" }, /definition changed/],
  ] as const) {
    it(`differ by ${name}`, () => {
      assert.match(resumeDifference(same, facts(change)) ?? "", reason);
    });
  }

  const VERSION =
    "Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.22\nRunning against daemon: 9.1.0\n";
  const capabilities = (flag: string, frequency: string, microcode: string) =>
    `<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor><microcode version='${microcode}'/>` +
    `<counter name='tsc' frequency='${frequency}'/><feature name='${flag}'/></cpu></host></capabilities>`;

  it("take versions from virsh", () => {
    const { libvirt, qemu } = hostVersions(VERSION, capabilities("vme", "1", "1"));
    assert.deepEqual([libvirt, qemu], ["9.1.0", "7.2.22"]);
  });
  it("know a processor by its features, not by what differs from boot to boot", () => {
    const cpu = (...args: Parameters<typeof capabilities>) =>
      hostVersions(VERSION, capabilities(...args)).cpu;
    assert.equal(cpu("vme", "1", "1"), cpu("vme", "2", "2"));
    assert.notEqual(cpu("vme", "1", "1"), cpu("avx", "1", "1"));
  });
});
