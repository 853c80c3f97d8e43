import assert from "node:assert/strict";
import { diskSources, onHostOf, rewriteDisks } from "../../../hypervisor/snapshots/definition-disks";
import {
  currentFacts,
  hostVersions,
  recordedFacts,
  resumeDifference,
  type ResumeFacts,
} from "../../../hypervisor/snapshots/resume-facts";

const definition = (
  change: Partial<
    Record<
      "disk" | "memory" | "seed" | "nic" | "mark" | "name" | "uuid" | "more" | "slot" | "os" | "devices",
      string
    >
  > = {},
) => `
<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>${change.name ?? "a &amp; b"}</name><uuid>${change.uuid ?? "e7c0b2b4-0000-4000-8000-000000000001"}</uuid>${change.more ?? ""}
  <metadata><farm:owner xmlns:farm='https://guest-farm.dev/xmlns/owner/1' version='${change.mark ?? "1"}'/></metadata>
  <memory unit='KiB'>${change.memory ?? "262144"}</memory><vcpu placement='static'>2</vcpu>
  <os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>${change.os ?? ""}</os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='writeback'/>
      ${change.disk ?? "<source file='/pool/layers/a/vda.qcow2'/>"}
      <target dev='vda' bus='virtio'/><address type='pci' slot='${change.slot ?? "0x05"}'/>
    </disk>
    <disk type='file' device='cdrom'>${change.seed ?? ""}<target dev='hda' bus='ide'/><readonly/></disk>${change.devices ?? ""}
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
  const facts = (change: Parameters<typeof definition>[0] = {}) => currentFacts(definition(change), host);
  const same = facts();
  const { definitions, ...rest } = same;
  const versions: Record<string, ResumeFacts> = {
    "version 1": { ...rest, definition: definitions[1] },
    "version 2": recordedFacts(same),
  };

  it("read memory and processors", () => {
    assert.deepEqual([same.memoryMiB, same.vcpus], [256, 2]);
  });

  it("of version 1 are what they were in the first release", () => {
    assert.equal(definitions[1], "f9b89b796a43b45a823062b830e3402de0a6a9a27734e58ebf48d1c683741bf7");
  });

  for (const [version, recorded] of Object.entries(versions)) {
    for (const [name, change] of Object.entries({
      "the files under disks": {
        disk: "<source file='/elsewhere/vda.qcow2' index='7'/><backingStore type='file'><source file='/x'/></backingStore>",
      },
      "the seed medium": { seed: "<source file='/pool/seed.iso'/>" },
      "the owner's version": { mark: "2" },
      "a generation id, which is new": { more: "<genid>e7c0b2b4-0000-4000-8000-000000000009</genid>" },
    })) {
      it(`of ${version} are the same whatever ${name}`, () => {
        assert.equal(resumeDifference(recorded, facts(change)), null);
      });
    }
    for (const [name, change, reason] of [
      ["memory", { memory: "524288" }, /memory changed from 256 MiB to 512 MiB/],
      ["a card's kind", { nic: "vde,id=n" }, /definition changed/],
      ["the place of a disk", { slot: "0x06" }, /definition changed/],
      ["another device", { devices: "<watchdog model='i6300esb'/>" }, /definition changed/],
      ["the kernel's command line", { os: "<cmdline>quiet</cmdline>" }, /definition changed/],
    ] as const) {
      it(`of ${version} differ by ${name}`, () => {
        assert.match(resumeDifference(recorded, facts(change)) ?? "", reason);
      });
    }
  }

  const hostSide: Record<string, Parameters<typeof definition>[0]> = {
    "a forwarded port": { nic: "user,id=n,hostfwd=tcp:127.0.0.1:2-:22" },
    "another forwarded port": { nic: "user,id=n,hostfwd=tcp:127.0.0.1:1-:22,hostfwd=tcp:127.0.0.1:2-:80" },
    "the domain's name": { name: "a fork" },
    "the domain's id": { uuid: "e7c0b2b4-0000-4000-8000-000000000002" },
    "the path of a kernel": { os: "<kernel>/elsewhere/vmlinuz</kernel>" },
    "where a console's log is": {
      devices: "<console type='file'><source path='/log'/><target port='0'/></console>",
    },
  };
  const compared = (change: Parameters<typeof definition>[0], base: Parameters<typeof definition>[0]) => {
    const { definitions: before, ...others } = facts(base);
    const now = facts(change);
    return {
      1: resumeDifference({ ...others, definition: before[1] }, now),
      2: resumeDifference(recordedFacts(facts(base)), now),
    };
  };
  const bases: Record<string, Parameters<typeof definition>[0]> = {
    "the path of a kernel": { os: "<kernel>/pool/vmlinuz</kernel>" },
    "where a console's log is": {
      devices: "<console type='file'><source path='/other'/><target port='0'/></console>",
    },
  };
  for (const [name, change] of Object.entries(hostSide)) {
    it(`of version 2 are the same whatever ${name}; those of version 1 are not`, () => {
      const difference = compared(change, bases[name] ?? {});
      assert.equal(difference[2], null);
      assert.match(difference[1] ?? "", /definition changed/);
    });
  }

  it("that are the same on another host's side let the guest be resumed there, with the processor of then", () => {
    const saved = definition({
      more: "<cpu mode='custom'><model>x</model><feature name='y'/></cpu>",
      name: "old",
    });
    const now = definition({
      more: "<cpu mode='custom'><model>x</model></cpu>",
      nic: "user,id=n,hostfwd=tcp::9-:22",
    });
    const resumed = onHostOf(saved, now);
    assert.match(resumed, /<feature name='y'\/>/);
    assert.match(resumed, /hostfwd=tcp::9-:22/);
    assert.doesNotMatch(resumed, /<name>old</);
    assert.equal(onHostOf(definition(), now), now);
  });

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
