import assert from "node:assert/strict";
import { domainMistakes } from "../../../hypervisor/domain/check";
import { diffDomain, refusedChange } from "../../../hypervisor/domain/diff";
import { guestDisks } from "../../../hypervisor/domain/disks";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { sampleDomain } from "./sample-domain";

const base = sampleDomain({ seed: { "user-data": "secret-text" } });
const ssh = { type: "ssh" as const, host: "rack1" };
const disk = { path: "/d", format: "raw" as const, readOnly: false };

describe("the difference of two domains", () => {
  const cases: readonly [string, Partial<DomainSpec>, "in place" | "replace"][] = [
    ["memory", { memoryMiB: 1024 }, "in place"],
    ["vcpus", { vcpus: 4 }, "in place"],
    ["cpu", { cpu: { mode: "maximum" } }, "in place"],
    ["type", { type: "kvm" }, "in place"],
    ["nics", { nics: [{ kind: "bridge", mac: "52:54:00:00:00:09", bridge: "b" }] }, "in place"],
    ["a changed seed", { seed: { "user-data": "other" } }, "in place"],
    ["no seed", { seed: undefined }, "in place"],
    ["clock", { clock: "localtime" }, "in place"],
    ["defaultBus", { defaultBus: "pci.1" }, "in place"],
    ["emulator", { emulator: "/opt/qemu" }, "in place"],
    ["template", { template: "<domain/>" }, "in place"],
    ["a read-only disk", { extraDisks: [{ ...disk, readOnly: true }] }, "in place"],
    ["a newer guest-farm", { owner: { ...base.owner, version: "9" } }, "in place"],
    ["a writable disk", { extraDisks: [disk] }, "replace"],
    ["name", { name: "other" }, "replace"],
    ["arch", { arch: "aarch64" }, "replace"],
    ["machine", { machine: "q35" }, "replace"],
    ["firmware", { firmware: { kind: "kernel", kernel: "/k", cmdline: "" } }, "replace"],
    ["base digest", { baseImage: { ...base.baseImage, digest: "sha256:2" } }, "replace"],
    ["base path", { baseImage: { ...base.baseImage, path: "/images/2" } }, "replace"],
    ["disk size", { rootDisk: { bus: "virtio", sizeGiB: 9 } }, "replace"],
    ["disk bus", { rootDisk: { bus: "scsi" } }, "replace"],
    ["another farm", { owner: { ...base.owner, farm: "f2" } }, "replace"],
    ["another hypervisor", { hypervisor: { ...base.hypervisor, name: "rack" } }, "replace"],
    ["another host", { hypervisor: { ...base.hypervisor, connection: ssh } }, "replace"],
    ["another libvirt", { hypervisor: { ...base.hypervisor, uri: "qemu:///session" } }, "replace"],
    ["another pool", { hypervisor: { ...base.hypervisor, diskPoolPath: "/p2" } }, "replace"],
    ["another image cache", { hypervisor: { ...base.hypervisor, imageCachePath: "/i2" } }, "in place"],
  ];
  for (const [what, change, effect] of cases) {
    it(`${what}: ${effect}, with a reason`, () => {
      const { changes, replace } = diffDomain(base, { ...base, ...change });
      assert.deepEqual(
        changes.map((each) => each.effect),
        [effect],
      );
      assert.equal(replace, effect === "replace");
      assert.ok((changes[0]?.reason.length ?? 0) > 10);
      assert.ok(!JSON.stringify(changes).includes("secret-text"));
    });
  }

  it("lists every property that differs", () => {
    const { changes } = diffDomain(base, { ...base, vcpus: 4, memoryMiB: 64, machine: "q35" });
    assert.deepEqual(changes.map(({ property }) => property).sort(), ["machine", "memoryMiB", "vcpus"]);
  });

  it("is none for equal data in another order of keys", () => {
    const reversed = JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(base).reverse())),
    ) as DomainSpec;
    assert.deepEqual(diffDomain(base, reversed), { changes: [], replace: false, deleteBeforeReplace: false });
  });

  it("lets another port of the same host be", () => {
    const before = { ...base, hypervisor: { ...base.hypervisor, connection: ssh } };
    const after = { ...base, hypervisor: { ...base.hypervisor, connection: { ...ssh, port: 2222 } } };
    assert.equal(diffDomain(before, after).replace, false);
  });

  it("has the old domain deleted first only where the new one would take its place", () => {
    assert.equal(diffDomain(base, { ...base, machine: "q35" }).deleteBeforeReplace, true);
    assert.equal(diffDomain(base, { ...base, name: "other" }).deleteBeforeReplace, false);
    const elsewhere = { ...base, hypervisor: { ...base.hypervisor, connection: ssh } };
    assert.equal(diffDomain(base, elsewhere).deleteBeforeReplace, false);
    assert.equal(diffDomain(base, { ...base, memoryMiB: 64 }).deleteBeforeReplace, false);
  });
});

describe("a domain that cannot be defined", () => {
  const cases: readonly [string, Partial<DomainSpec>, RegExp][] = [
    ["a number for a name", { name: "42" }, /id or a UUID/],
    ["a UUID for a name", { name: "6f0c7a52-5b0e-4d6e-9a51-3c7d3f7f2a10" }, /id or a UUID/],
    ["a slash in its name", { name: "a/b" }, /does not take this domain name/],
    ["a line break in its name", { name: "a\nb" }, /does not take this domain name/],
    ["no model of a custom CPU", { cpu: { mode: "custom" } }, /needs a model/],
    ["the host's CPU without KVM", { cpu: { mode: "host-passthrough" } }, /cannot have the host's CPU/],
    [
      "a read-only SATA disk",
      { rootDisk: { bus: "sata" }, extraDisks: [{ ...disk, readOnly: true }] },
      /read-only SATA/,
    ],
    ["an IDE drive on q35", { machine: "q35" }, /no IDE bus/],
    ["a path for a seed file", { seed: { "../x": "" } }, /seed medium cannot hold/],
    [
      "eleven user networks",
      { nics: Array.from({ length: 11 }, () => ({ kind: "user" as const, mac: "m", forwards: [] })) },
      /too many/,
    ],
  ];
  for (const [what, change, message] of cases) {
    it(`because of ${what}`, () => {
      const mistakes = domainMistakes({ ...base, ...change });
      assert.deepEqual(
        mistakes.filter((mistake) => message.test(mistake.what)).length,
        1,
        JSON.stringify(mistakes),
      );
    });
  }

  it("is not the sample, nor one with an odd but possible name", () => {
    assert.deepEqual(domainMistakes(base), []);
    assert.deepEqual(domainMistakes({ ...base, name: `VM "a" $(b) <c> ü` }), []);
  });
});

describe("a change that is refused", () => {
  const moved = { ...base, hypervisor: { ...base.hypervisor, diskPoolPath: "/p2" } };

  it("is of the folder that a guest is in", () => {
    const refused = refusedChange(base, moved);
    assert.deepEqual([refused?.property, refused?.found], ["hypervisor", "/p2"]);
    assert.equal(refused?.allowed, base.hypervisor.diskPoolPath);
  });

  it("is none on another hypervisor, where the guest is made anew", () => {
    const hypervisor = { ...moved.hypervisor, name: "there" };
    assert.equal(refusedChange(base, { ...moved, hypervisor }), null);
  });

  it("is of a long-lived guest's disk that shrinks", () => {
    const lasting = (sizeGiB: number) => ({
      ...base,
      keepRunning: true as const,
      rootDisk: { ...base.rootDisk, sizeGiB },
    });
    assert.equal(refusedChange(lasting(4), lasting(3))?.property, "rootDisk");
    assert.equal(refusedChange(lasting(3), lasting(4)), null);
  });
});

describe("the disks of a guest", () => {
  it("have names in the order of the farm file, the seed's drive last", () => {
    const extraDisks = [disk, { ...disk, readOnly: true }, disk];
    const disks = guestDisks({ ...base, rootDisk: { bus: "scsi" }, seedBus: "sata", extraDisks });
    assert.deepEqual(
      disks.writable.map(({ device }) => device),
      ["sda", "sdb", "sdd"],
    );
    assert.deepEqual(
      disks.readOnly.map(({ device }) => device),
      ["sdc"],
    );
    assert.equal(disks.seedDevice, "sde");
    assert.equal(guestDisks({ ...base, seedBus: "sata", extraDisks }).seedDevice, "sda");
  });

  it("go on after z", () => {
    const many = guestDisks({ ...base, extraDisks: Array.from({ length: 27 }, () => disk) });
    assert.deepEqual(
      many.writable.slice(-3).map(({ device }) => device),
      ["vdz", "vdaa", "vdab"],
    );
  });
});
