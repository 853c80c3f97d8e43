import assert from "node:assert/strict";
import { weightOf } from "../../../../definitions/placement/candidate";
import { placeGuests, type PlacementResult } from "../../../../definitions/placement/place";
import { demand, host, many } from "./fixtures";

const homes = (result: PlacementResult) =>
  new Map(result.placements.map((each) => [each.guest, each.hypervisor]));

function loads(result: PlacementResult): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { hypervisor } of result.placements) counts.set(hypervisor, (counts.get(hypervisor) ?? 0) + 1);
  return counts;
}

function movedBetween(before: PlacementResult, after: PlacementResult): string[] {
  const then = homes(before);
  return after.placements
    .filter((each) => then.get(each.guest) !== each.hypervisor)
    .map(({ guest }) => guest);
}

describe("placeGuests", () => {
  it("prefers KVM to emulation, even when that leaves hosts empty", () => {
    const hosts = [
      host("emulates", { arches: { x86_64: ["qemu"] } }),
      host("has-kvm", { arches: { x86_64: ["qemu", "kvm"] } }),
    ];
    const result = placeGuests(many(6, "g", demand), hosts);
    assert.deepEqual(
      new Set(result.placements.map(({ hypervisor, type }) => `${hypervisor} ${type}`)),
      new Set(["has-kvm kvm"]),
    );
  });

  it("follows the order that is asked for", () => {
    const hosts = [host("a", { arches: { x86_64: ["kvm"] } }), host("b", { arches: { x86_64: ["qemu"] } })];
    const [only] = placeGuests([demand("g")], hosts, ["qemu", "kvm"]).placements;
    assert.deepEqual(only, { guest: "g", hypervisor: "b", type: "qemu" });
  });

  it("leaves a domain type out that the order does not name", () => {
    const result = placeGuests([demand("g")], [host("a")], ["kvm"]);
    assert.deepEqual(result.placements, []);
    assert.match(result.impossible[0]?.reasons[0]?.reason ?? "", /only qemu/);
  });

  it("takes the domain type that a guest asks for", () => {
    const hosts = [host("a", { arches: { x86_64: ["kvm", "qemu"] } })];
    assert.equal(placeGuests([demand("g", { type: "qemu" })], hosts).placements[0]?.type, "qemu");
  });

  it("finds each architecture its hosts", () => {
    const hosts = [
      host("notebook", { arches: { x86_64: ["kvm"], ppc64le: ["qemu"] } }),
      host("board", { arches: { aarch64: ["kvm"] } }),
    ];
    const guests = [demand("a"), demand("b", { arch: "aarch64" }), demand("c", { arch: "ppc64le" })];
    assert.deepEqual(
      [...homes(placeGuests(guests, hosts))],
      [
        ["a", "notebook"],
        ["b", "board"],
        ["c", "notebook"],
      ],
    );
  });

  it("lets a pin win over balance, and over a better domain type elsewhere", () => {
    const hosts = [host("emulates"), host("has-kvm", { arches: { x86_64: ["kvm"] } })];
    const guests = many(5, "g", (name) => demand(name, { pin: "emulates" }));
    const result = placeGuests(guests, hosts);
    assert.ok(result.placements.every((each) => each.hypervisor === "emulates" && each.type === "qemu"));
  });

  it("refuses a pin to a host that cannot run the guest", () => {
    const result = placeGuests(
      [demand("g", { pin: "a", arch: "s390x" })],
      [host("a"), host("b", { arches: { s390x: ["qemu"] } })],
    );
    assert.deepEqual(result.impossible, [
      { guest: "g", reasons: [{ hypervisor: "a", reason: "it cannot run s390x (it has x86_64)" }] },
    ]);
  });

  it("keeps a pinned guest where it is when nothing is known about the host", () => {
    const silent = { ...host("a"), facts: undefined };
    assert.equal(
      placeGuests([demand("g", { pin: "a" })], [silent, host("b")]).placements[0]?.hypervisor,
      "a",
    );
  });

  const reasons: readonly (readonly [
    string,
    Parameters<typeof demand>[1],
    Parameters<typeof host>[1],
    RegExp,
  ])[] = [
    ["architecture", { arch: "riscv64" }, {}, /cannot run riscv64 \(it has x86_64\)/],
    ["domain type", { type: "kvm" }, {}, /no kvm for x86_64/],
    ["memory", { memoryMiB: 20000 }, {}, /16384 MiB of memory for guests, 20000 are wanted/],
    ["memory limit", { memoryMiB: 2048 }, { limits: { memoryMiB: 1024 } }, /1024 MiB/],
    ["CPU limit", { vcpus: 4 }, { limits: { cpus: 2 } }, /limit is 2 CPUs/],
    ["disk", { diskGiB: 100 }, { diskGiB: 50 }, /50 GiB of disk, 100 are wanted/],
    ["guest limit", {}, { limits: { maxGuests: 0 } }, /limit is 0 guests/],
    ["label", { labels: { disk: "ssd" } }, { labels: { disk: "hdd" } }, /lacks the label disk=ssd/],
  ];
  for (const [what, wants, has, expected] of reasons) {
    it(`says when the ${what} does not fit`, () => {
      const result = placeGuests([demand("g", wants)], [host("a", has)]);
      assert.deepEqual(result.placements, []);
      assert.match(result.impossible[0]?.reasons[0]?.reason ?? "", expected);
    });
  }

  it("checks machines, emulators and firmware where they are known, and only there", () => {
    const arch = {
      domainTypes: ["qemu" as const],
      machines: ["pc"],
      emulators: ["/usr/libexec/qemu-kvm"],
      firmwares: ["bios" as const],
    };
    const base = host("a");
    const known = { ...base, facts: { ...base.facts!, arches: { x86_64: arch } } };
    const reasonFor = (changes: Parameters<typeof demand>[1]) =>
      placeGuests([demand("g", { machine: "pc", ...changes })], [known]).impossible[0]?.reasons[0]?.reason;
    assert.equal(reasonFor({}), undefined);
    assert.match(reasonFor({ machine: "q35" }) ?? "", /no machine q35/);
    assert.match(reasonFor({ emulator: "/opt/qemu" }) ?? "", /no emulator \/opt\/qemu/);
    assert.match(reasonFor({ firmware: "uefi" }) ?? "", /cannot boot uefi/);
  });

  it("lists every impossible guest with the reason of every host, and places the others", () => {
    const guests = [demand("good"), demand("big", { memoryMiB: 99999 }), demand("odd", { arch: "mips" })];
    const result = placeGuests(guests, [host("a"), { ...host("b"), facts: undefined }]);
    assert.deepEqual(
      result.placements.map(({ guest }) => guest),
      ["good"],
    );
    assert.deepEqual(
      result.impossible.map(({ guest }) => guest),
      ["big", "odd"],
    );
    const [big] = result.impossible.map((each) =>
      each.reasons.map(({ hypervisor, reason }) => `${hypervisor}: ${reason}`),
    );
    assert.match(big?.join("; ") ?? "", /^a: it has 16384 MiB .*; b: nothing is known/);
  });

  it("answers the same in whatever order guests and hosts come", () => {
    const guests = many(200, "g", demand);
    const hosts = many(9, "h", host);
    const expected = homes(placeGuests(guests, hosts));
    const turned = homes(placeGuests([...guests].reverse(), [...hosts].reverse()));
    assert.deepEqual(new Map([...turned].sort()), new Map([...expected].sort()));
  });

  it("gives the answer that it always gave", () => {
    const placed = homes(placeGuests(many(6, "guest-", demand), many(3, "host-", host)));
    assert.deepEqual(Object.fromEntries(placed), {
      "guest-0": "host-1",
      "guest-1": "host-0",
      "guest-2": "host-1",
      "guest-3": "host-2",
      "guest-4": "host-1",
      "guest-5": "host-2",
    });
  });

  it("keeps every load within ceil(1.25 x the share), by weight", () => {
    const hosts = [
      host("small", { cpus: 2, memoryMiB: 4096 }),
      host("middle", { cpus: 4, memoryMiB: 8192 }),
      host("large", { cpus: 10, memoryMiB: 65536 }),
      host("limited", { cpus: 32, memoryMiB: 65536, limits: { maxGuests: 3 } }),
    ];
    const total = hosts.reduce((sum, each) => sum + weightOf(each), 0);
    for (const count of [1, 2, 3, 5, 8, 40, 333, 1000]) {
      const counts = loads(placeGuests(many(count, "g", demand), hosts));
      for (const each of hosts) {
        const cap = Math.ceil((1.25 * count * weightOf(each)) / total);
        assert.ok(
          (counts.get(each.name) ?? 0) <= cap,
          `${each.name} has ${counts.get(each.name) ?? 0} of ${cap}, ${count} guests`,
        );
      }
    }
  });

  it("moves few guests when one comes or goes", () => {
    const hosts = many(10, "h", host);
    const guests = many(101, "g", demand);
    const before = placeGuests(guests.slice(1), hosts);
    const moved = movedBetween(before, placeGuests(guests, hosts)).filter((guest) => guest !== "g0");
    assert.ok(moved.length <= 3, `${moved.length} moved`);
  });

  it("moves at most twice the share of a host that comes or goes, on average", () => {
    const hosts = many(20, "h", host);
    const guests = many(400, "g", demand);
    const whole = placeGuests(guests, hosts);
    const counts = hosts.map(
      (gone) =>
        movedBetween(
          whole,
          placeGuests(
            guests,
            hosts.filter((each) => each !== gone),
          ),
        ).length,
    );
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    assert.ok(mean <= 2 * (400 / 20), `${mean} moved on average`);
  });

  it("places nobody without guests, and says so without hosts", () => {
    assert.deepEqual(placeGuests([], [host("a")]), { placements: [], impossible: [] });
    assert.deepEqual(placeGuests([demand("g")], []), {
      placements: [],
      impossible: [{ guest: "g", reasons: [] }],
    });
  });
});
