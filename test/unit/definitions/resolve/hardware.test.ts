import assert from "node:assert/strict";
import { BUILT_IN_PLATFORMS } from "../../../../definitions/builtin/platforms";
import { BUILT_IN_TARGETS } from "../../../../definitions/builtin/targets";
import { DomainSpec, ExtraDiskSpec, NicSpec } from "../../../../hypervisor/domain/spec";
import { machineTraits } from "../../../../hypervisor/domain/xml/machine";
import { HostConnectionSpec } from "../../../../hypervisor/spec";
import { LifecycleSettings } from "../../../../cli/lifecycle/spec";
import { farm, guestOf, mistakeOf, mistakesOf } from "./fixtures";

const tinyOn = (target: string) =>
  farm(`guests: {list: [{platform: tiny, target: ${target}, firmware: bios}]}`).guests[0];

describe("built-in targets (F04)", () => {
  const expected: readonly (readonly [string, string, string, string, string, string, string])[] = [
    ["amd64", "x86_64", "q35", "Nehalem", "/usr/bin/qemu-system-x86_64", "pcie.0", "scsi"],
    ["arm64", "aarch64", "virt", "cortex-a57", "/usr/bin/qemu-system-aarch64", "pcie.0", "scsi"],
    ["armhf", "armv7l", "virt", "cortex-a15", "/usr/bin/qemu-system-arm", "pcie.0", "scsi"],
    ["ppc64el", "ppc64le", "pseries", "POWER9", "/usr/bin/qemu-system-ppc64le", "pci.0", "scsi"],
    ["ppc64", "ppc64le", "pseries", "POWER9", "/usr/bin/qemu-system-ppc64le", "pci.0", "scsi"],
    ["riscv64", "riscv64", "virt", "rv64", "/usr/bin/qemu-system-riscv64", "pcie.0", "scsi"],
    ["s390x", "s390x", "s390-ccw-virtio", "qemu", "/usr/bin/qemu-system-s390x", "no PCI", "scsi"],
  ];
  for (const [target, ...values] of expected) {
    it(`has ${target}`, () => {
      const guest = tinyOn(target);
      assert.ok(guest);
      const { arch, machine, cpu, emulator, seedBus } = guest;
      assert.equal(guest.defaultBus, undefined, "the machine's own");
      const bus = machineTraits(arch, machine).pciBus ?? "no PCI";
      assert.deepEqual([arch, machine, cpu.qemu.model, emulator, bus, seedBus], values);
      assert.deepEqual(cpu.kvm, { mode: "host-passthrough" });
      assert.equal(guest.target, target);
    });
  }

  it("are all tested here", () => {
    assert.deepEqual(Object.keys(BUILT_IN_TARGETS).sort(), expected.map(([target]) => target).sort());
  });

  it("boot arm64 and amd64 by UEFI with the files of Debian", () => {
    const { guests } = farm(
      "guests: {permutations: {platforms: [debian-12], targets: [arm64, amd64], firmware: uefi}}",
    );
    assert.deepEqual(
      guests.map(({ firmware }) => firmware),
      [
        {
          kind: "uefi",
          code: "/usr/share/AAVMF/AAVMF_CODE.fd",
          varsTemplate: "/usr/share/AAVMF/AAVMF_VARS.fd",
        },
        {
          kind: "uefi",
          code: "/usr/share/OVMF/OVMF_CODE_4M.fd",
          varsTemplate: "/usr/share/OVMF/OVMF_VARS_4M.fd",
        },
      ],
    );
  });
});

describe("built-in platforms", () => {
  for (const platform of Object.keys(BUILT_IN_PLATFORMS)) {
    it(`${platform} gives a verified image for amd64`, () => {
      const [guest] = farm(`guests: {list: [{platform: "${platform}", target: amd64}]}`).guests;
      const source = guest?.image.source;
      if (platform === "tiny")
        assert.deepEqual(source, { kind: "packages", recipe: "tiny", arch: "amd64", packages: [] });
      else
        assert.ok(
          source?.kind === "url" &&
            source.checksum.kind === "manifest" &&
            source.url.endsWith(source.checksum.file),
        );
    });
  }

  it("tiny boots the kernel of its image, with 256 MiB, as root by key, in sh, on every target", () => {
    for (const target of Object.keys(BUILT_IN_TARGETS)) {
      const [guest] = farm(`guests: {list: [{platform: tiny, target: ${target}}]}`).guests;
      assert.deepEqual(guest?.firmware, { kind: "kernel" });
      assert.deepEqual(
        [guest.memoryMiB, guest.auth.user, guest.auth.key, guest.shell],
        [256, "root", "generated", "sh"],
      );
    }
  });

  it("debian falls back to packages of its release and architecture", () => {
    const [guest] = farm("guests: {list: [{platform: debian-13, target: ppc64}]}").guests;
    assert.deepEqual(guest?.image.fallback?.source, {
      kind: "packages",
      recipe: "debian",
      arch: "ppc64el",
      suite: "trixie",
      packages: [],
    });
  });

  it("are taken from packages by one setting, where that is possible", () => {
    const text = "guests: {permutations: {platforms: [debian-12, tiny], targets: [amd64]}}";
    const { guests } = farm(text, {}, { imageSource: "packages" });
    assert.deepEqual(
      guests.map(({ image }) => [image.source.kind, image.fallback]),
      [
        ["packages", undefined],
        ["packages", undefined],
      ],
    );
    const fedora = "defaults: {imageSource: packages}\nguests: {list: [{platform: fedora, target: amd64}]}";
    assert.match(mistakeOf(() => farm(fedora)).what, /cannot be built from packages/);
    const vendor = "defaults: {imageSource: vendor}\nguests: {list: [{platform: debian-12, target: amd64}]}";
    assert.equal(farm(vendor).guests[0]?.image.fallback, undefined);
  });
});

describe("hardware of a guest", () => {
  it("boots a kernel with parameters (F32)", () => {
    const { firmware } = guestOf(
      "extends: tiny\nkernel: {path: /boot/k, initrd: /boot/i, cmdline: 'console=${{ target.console }}'}",
    );
    assert.deepEqual(firmware, {
      kind: "kernel",
      kernel: "/boot/k",
      initrd: "/boot/i",
      cmdline: "console=ttyS0",
    });
  });

  it("has several disks, some read-only (F34)", () => {
    const guest = guestOf(
      "extends: tiny",
      "disks: [{path: /d/a.raw, format: raw, readOnly: true}, {name: scratch, size: 512MiB}]",
    );
    assert.deepEqual(guest.extraDisks, [
      { name: "data-1", path: "/d/a.raw", format: "raw", readOnly: true, sizeGiB: undefined },
      { name: "scratch", path: undefined, format: "qcow2", readOnly: false, sizeGiB: 0.5 },
    ]);
    const bad = mistakesOf(() => guestOf("extends: tiny", "disks: [{name: a}, {name: a, size: 1}]"));
    assert.deepEqual(
      bad.map(({ what }) => what),
      ["the disk has neither a path nor a size", 'two disks are called "a"'],
    );
  });

  it("has cards of every kind, each with a MAC address", () => {
    const guest = guestOf(
      "extends: tiny",
      "nics: [{kind: network, network: lan}, {kind: bridge, bridge: br0, address: 10.0.0.2/24}, {kind: vde, socket: 'vxvde://234.0.0.1'}, {kind: ethernet, device: tap0}, {kind: user}]",
    );
    assert.deepEqual(
      guest.nics.map(({ kind }) => kind),
      ["network", "bridge", "vde", "ethernet", "user"],
    );
    assert.equal(new Set(guest.nics.map(({ mac }) => mac)).size, 5);
  });

  it("takes memory and disks in units", () => {
    const guest = guestOf("extends: tiny", 'memory: "1.5 GiB", rootDisk: {size: 20GiB}');
    assert.deepEqual([guest.memoryMiB, guest.rootDisk], [1536, { bus: "virtio", sizeGiB: 20 }]);
  });

  it("takes one CPU for both domain types, or one for each", () => {
    assert.deepEqual(guestOf("extends: tiny", "cpu: Skylake-Client").cpu, {
      kvm: { mode: "custom", model: "Skylake-Client" },
      qemu: { mode: "custom", model: "Skylake-Client" },
    });
    assert.deepEqual(guestOf("extends: tiny", "cpu: host-passthrough").cpu.qemu, { mode: "maximum" });
  });

  it("may take its share from the host (F13)", () => {
    const guest = guestOf("extends: tiny", "memory: auto, vcpus: auto");
    assert.deepEqual([guest.memoryMiB, guest.vcpus, guest.fromHost], [512, 1, { vcpus: true, memory: true }]);
  });

  it("may have no seed", () => assert.equal(guestOf("extends: tiny\nseed: false").seed, null));

  it("takes passwords from the stack's secrets", () => {
    assert.deepEqual(
      guestOf("extends: tiny\nauth: {user: u, password: {secret: rootPassword}}").auth.password,
      { secret: "rootPassword" },
    );
  });
});

describe("images", () => {
  const source = (image: string, rest = "") => guestOf(`image: ${image}`, "", rest).image.source;

  it("come from a URL with a checksum, a vendor's list, or unverified on request", () => {
    const hex = "A".repeat(64);
    assert.deepEqual(source(`{url: "http://x/a.img", checksum: "sha256:${hex}"}`), {
      kind: "url",
      url: "http://x/a.img",
      checksum: { kind: "literal", algorithm: "sha256", value: hex.toLowerCase() },
    });
    assert.deepEqual(source('{url: "http://x/a.img", checksum: {manifest: "http://x/SHA512SUMS"}}'), {
      kind: "url",
      url: "http://x/a.img",
      checksum: { kind: "manifest", url: "http://x/SHA512SUMS", algorithm: "sha512", file: "a.img" },
    });
    assert.deepEqual(source('{url: "http://x/a.img", trust: unverified}'), {
      kind: "url",
      url: "http://x/a.img",
      checksum: { kind: "unverified" },
    });
  });

  it("come from a file or a pool", () => {
    assert.deepEqual(source("{file: images/a.raw}"), { kind: "file", path: "images/a.raw" });
    assert.deepEqual(source("{pool: default, volume: a.qcow2}"), {
      kind: "pool",
      pool: "default",
      volume: "a.qcow2",
    });
  });

  it("have names, and build on each other", () => {
    const images =
      "images: {base: {file: a.img, steps: [{name: one, convert: raw}]}, more: {extends: base, +steps: [{resize: 4GiB}]}}";
    assert.deepEqual(source("base", images), { kind: "file", path: "a.img" });
    assert.deepEqual(
      guestOf("image: more", "", images).image.steps.map(({ kind }) => kind),
      ["convert", "resize"],
    );
    assert.deepEqual(
      guestOf("image: {extends: more, +steps: [{run: x.sh, before: one}]}", "", images).image.steps.map(
        ({ kind }) => kind,
      ),
      ["run", "convert", "resize"],
    );
    assert.match(mistakeOf(() => source("bse", images)).remedy ?? "", /"base"/);
  });

  it("have every step in its final form", () => {
    const steps =
      "[{decompress: true}, {decompress: zst}, {convert: raw}, {resize: {size: 1GiB, partition: 2}}, {customize: {packages: [a]}}, {run: {text: 'echo', timeout: 5}}]";
    assert.deepEqual(guestOf(`image: {file: a, steps: ${steps}}`).image.steps, [
      { kind: "decompress" },
      { kind: "decompress", format: "zst" },
      { kind: "convert", to: "raw" },
      { kind: "resize", sizeMiB: 1024, partition: 2 },
      { kind: "customize", packages: ["a"], commands: [], files: [] },
      { kind: "run", timeout: 5, text: "echo" },
    ]);
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ["no checksum", '{url: "http://x/a.img"}', /no checksum/],
    ["no source", "{format: raw}", /no source/],
    ["two sources", "{file: a, pool: b, volume: c}", /2 sources: file, pool/],
    ["a pool without a volume", "{pool: a}", /names a pool and no volume/],
    ["a short checksum", '{url: "http://x/a", checksum: "sha256:12"}', /not right/],
    ["another protocol", '{url: "gopher://x/a", trust: unverified}', /not right/],
    ["an empty step", "{file: a, steps: [{name: x}]}", /does nothing/],
    ["a step of two actions", "{file: a, steps: [{convert: raw, decompress: true}]}", /does 2 things/],
    [
      "an unknown neighbour",
      "{file: a, steps: [{name: grow, convert: raw}, {resize: 2, before: grwo}]}",
      /not right|no step "grwo"/,
    ],
    [
      "two steps of one name",
      "{file: a, steps: [{name: x, convert: raw}, {name: x, convert: raw}]}",
      /two steps called "x"/,
    ],
    ["a script and a text", "{file: a, steps: [{run: {script: a, text: b}}]}", /script file or a text/],
  ];
  for (const [what, image, expected] of bad) {
    it(`refuse ${what}`, () => {
      assert.match(mistakesOf(() => source(image))[0]?.what ?? "", expected);
    });
  }
});

describe("resolved data fits the contracts of the other rooms", () => {
  const text =
    "hypervisors: {a: {connection: 'ssh://u@h:22'}, b: {connection: {type: ssh, host: h, jump: [x]}}, c: {}}\nguests: {permutations: {platforms: [debian-12], targets: [amd64, arm64, s390x]}}";
  const resolved = farm(text);

  it("connections", () =>
    resolved.hypervisors.forEach(({ connection }) => HostConnectionSpec.parse(connection)));
  it("settings", () => resolved.guests.forEach(({ settings }) => LifecycleSettings.parse(settings)));
  it("hardware", () => {
    for (const guest of resolved.guests) {
      guest.nics.forEach((nic) => NicSpec.parse(nic));
      DomainSpec.shape.cpu.parse(guest.cpu.qemu);
      DomainSpec.shape.firmware.parse(guest.firmware);
      DomainSpec.shape.rootDisk.parse(guest.rootDisk);
      DomainSpec.shape.seedBus.parse(guest.seedBus);
      DomainSpec.shape.clock.parse(guest.clock);
    }
    const disk = guestOf("extends: tiny", "disks: [{path: /d/a.raw, format: raw, readOnly: true}]")
      .extraDisks[0];
    ExtraDiskSpec.parse({ path: disk?.path, format: disk?.format, readOnly: disk?.readOnly });
  });
});
