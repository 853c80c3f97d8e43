import assert from "node:assert/strict";
import { UserError } from "../../../definitions/user-error";
import { guestFiles } from "../../../hypervisor/guest-files";
import { chooseStrategy, type StrategyFacts } from "../../../hypervisor/snapshots/strategy";
import { factsOfDefinition, factsOfSpec } from "../../../hypervisor/snapshots/strategy-facts";

const PLAIN: StrategyFacts = {
  disksOutside: [],
  diskFormat: "qcow2",
  pflash: false,
  unsavable: [],
  emulatedPower: false,
  libvirt: "9.0.0",
};

describe("the choice of a strategy", () => {
  it("is saved where nothing speaks against it, on UEFI and over raw images as well", () => {
    for (const facts of [PLAIN, { ...PLAIN, pflash: true }, { ...PLAIN, diskFormat: "raw" as const }]) {
      assert.equal(chooseStrategy(facts, "auto").strategy, "saved");
    }
  });
  it("is overlay for a writable disk outside, and says so", () => {
    const { strategy, reason } = chooseStrategy({ ...PLAIN, disksOutside: ["vdb"] }, "auto");
    assert.equal(strategy, "overlay");
    assert.match(reason, /vdb is outside/);
  });
  it("is overlay for an emulated POWER machine, unless another one is asked for", () => {
    const power = { ...PLAIN, emulatedPower: true };
    const { strategy, reason } = chooseStrategy(power, "auto");
    assert.equal(strategy, "overlay");
    assert.match(reason, /can lose its timer; .* a restore boots/);
    assert.equal(chooseStrategy(power, "saved").strategy, "saved");
    const firmware = { kind: "kernel" as const, kernel: "", cmdline: "" };
    const told = (type: "kvm" | "qemu", arch: string) =>
      factsOfSpec({ firmware, type, arch }, null).emulatedPower;
    assert.deepEqual(
      [told("qemu", "ppc64le"), told("kvm", "ppc64le"), told("qemu", "x86_64")],
      [true, false, false],
    );
  });
  it("is overlay for devices whose state cannot be saved", () => {
    const { strategy, reason } = chooseStrategy({ ...PLAIN, unsavable: ["hostdev"] }, "auto");
    assert.equal(strategy, "overlay");
    assert.match(reason, /hostdev cannot be saved/);
  });
  it("is what was asked for where that works", () => {
    for (const strategy of ["saved", "live", "overlay"] as const) {
      assert.equal(chooseStrategy(PLAIN, strategy).strategy, strategy);
    }
  });
  for (const [libvirt, works] of [
    ["9.0.0", false],
    ["10.8.1", false],
    ["10.9.0", true],
    ["10.10.0", true],
    ["11.0.0", true],
    [null, false],
  ] as const) {
    it(`live with UEFI ${works ? "works" : "is refused"} on libvirt ${libvirt ?? "of no known version"}`, () => {
      const choose = () => chooseStrategy({ ...PLAIN, pflash: true, libvirt }, "live");
      if (works) assert.equal(choose().strategy, "live");
      else assert.throws(choose, UserError);
    });
  }
  it("refuses what does not work with found, allowed and remedy", () => {
    assert.throws(
      () => chooseStrategy({ ...PLAIN, diskFormat: "raw" }, "live"),
      (error: unknown) => {
        assert.ok(error instanceof UserError);
        const [mistake] = error.mistakes;
        assert.equal(mistake?.found, "live");
        assert.equal(mistake.allowed, "auto, saved, overlay");
        assert.match(mistake.what, /need qcow2/);
        return true;
      },
    );
    assert.throws(() => chooseStrategy({ ...PLAIN, disksOutside: ["vdb"] }, "saved"), /vdb is outside/);
  });
});

describe("facts for the choice", () => {
  const files = guestFiles("/pool", "web");
  const disk = (device: string, source: string, more = "", format = "qcow2") =>
    `<disk type='file' device='disk'><driver name='qemu' type='${format}'/><source file='${source}'/><target dev='${device}' bus='virtio'/>${more}</disk>`;
  const domain = (...devices: string[]) =>
    `<domain type='qemu'><name>web</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='pc'>hvm</type></os><devices>${devices.join("")}</devices></domain>`;

  it("of a specification know UEFI", () => {
    const uefi = factsOfSpec(
      { firmware: { kind: "uefi", code: "/c", varsTemplate: "/v" }, type: "qemu", arch: "x86_64" },
      "9.0.0",
    );
    assert.deepEqual(uefi, { ...PLAIN, pflash: true });
  });
  it("of a definition find disks outside, but not read-only ones", () => {
    const inside = disk("vda", "/pool/web/layers/a/vda.qcow2");
    const facts = factsOfDefinition(
      domain(inside, disk("vdb", "/elsewhere/b.qcow2"), disk("vdc", "/elsewhere/c", "<readonly/>", "raw")),
      files,
      "9.0.0",
    );
    assert.deepEqual(facts.disksOutside, ["vdb"]);
    assert.equal(facts.diskFormat, "qcow2");
    assert.deepEqual(factsOfDefinition(domain(inside), files, "9.0.0"), PLAIN);
  });
  it("of a definition find passed-through devices and folders", () => {
    const facts = factsOfDefinition(
      domain("<hostdev mode='subsystem' type='pci'/>", "<filesystem/>"),
      files,
      null,
    );
    assert.deepEqual(facts.unsavable, ["hostdev", "filesystem"]);
  });
});
