import assert from "node:assert/strict";
import { farm, mistakeOf, mistakesOf } from "./fixtures";

const names = (text: string, files = {}) => farm(text, files).guests.map(({ name }) => name);
const p = "platforms: [tiny, arch]";

/** All that a domain template has to have. */
const TEMPLATE = "<domain>{{name}}{{uuid}}{{metadata}}{{disks}}{{qemuArguments}}</domain>";

describe("guests of a farm", () => {
  it("are platforms x targets, platforms outside (F01)", () => {
    assert.deepEqual(
      names("guests: {permutations: {platforms: [tiny, debian-12], targets: [amd64, arm64]}}"),
      ["tiny-amd64", "tiny-arm64", "debian-12-amd64", "debian-12-arm64"],
    );
  });

  it("come from several blocks, those of the list first, equal ones once (F02)", () => {
    const text = `
guests:
  permutations:
    - {platforms: [tiny], targets: [amd64, arm64]}
    - {platforms: [debian-12], targets: [amd64]}
    - {platforms: [tiny], targets: [amd64]}
  list:
    - {platform: tiny, target: arm64}
    - {platform: fedora, target: amd64}
    - {platform: tiny, target: arm64}
`;
    assert.deepEqual(names(text), ["tiny-arm64", "fedora-amd64", "tiny-amd64", "debian-12-amd64"]);
  });

  it("that differ and have one name are a mistake that names both places (F03)", () => {
    const text = `guests:
  list:
    - {platform: tiny, target: amd64, memory: 512}
  permutations: {platforms: [tiny], targets: [amd64]}
`;
    const mistake = mistakeOf(() => farm(text));
    assert.match(
      mistake.what,
      /two different guests are called "tiny-amd64".*farm\.yaml:3:7 guests\.list\[0\]/,
    );
    assert.equal(mistake.line, 4);
  });

  it("take a template of their own (F03)", () => {
    const text =
      "guests: {list: [{platform: tiny, target: amd64, template: mine}, {platform: tiny, target: arm64}]}";
    const { guests } = farm(text, { "templates/mine.xml": TEMPLATE });
    assert.deepEqual(
      guests.map(({ template }) => template),
      [{ name: "mine", text: TEMPLATE }, undefined],
    );
  });

  it("find their template by guest, then architecture, then default (F30)", () => {
    const text = "guests: {permutations: {platforms: [tiny], targets: [amd64, arm64, s390x]}}";
    const { guests } = farm(text, {
      "templates/tiny-amd64.xml": TEMPLATE,
      "templates/x86_64.xml": TEMPLATE,
      "templates/aarch64.xml": TEMPLATE,
      "templates/default.xml": TEMPLATE,
    });
    assert.deepEqual(
      guests.map(({ template }) => template?.name),
      ["tiny-amd64", "aarch64", "default"],
    );
  });

  it("can be had in numbers", () => {
    assert.deepEqual(names("guests: {list: [{platform: tiny, target: amd64, name: web, count: 3}]}"), [
      "web-1",
      "web-2",
      "web-3",
    ]);
  });

  const two = "hypervisors: {a: {}, b: {}}";

  it("can be had on each hypervisor, or on some, pinned there", () => {
    const each = farm(`${two}\nguests: {list: [{platform: tiny, target: amd64, on: each}]}`).guests;
    assert.deepEqual(
      each.map(({ name, hypervisor }) => [name, hypervisor]),
      [
        ["tiny-amd64-a", "a"],
        ["tiny-amd64-b", "b"],
      ],
    );
    const some = farm(
      `${two}\nguests: {permutations: {platforms: [tiny], targets: [amd64], on: [b], count: 2}}`,
    ).guests;
    assert.deepEqual(
      some.map(({ name }) => name),
      ["tiny-amd64-b-1", "tiny-amd64-b-2"],
    );
  });

  it("can be pinned, and placed ones add to them (F63)", () => {
    const text = `${two}\nguests: {list: [{platform: tiny, target: amd64, hypervisor: b, name: pinned}], permutations: {platforms: [tiny], targets: [amd64]}}`;
    assert.deepEqual(
      farm(text).guests.map(({ name, hypervisor }) => [name, hypervisor]),
      [
        ["pinned", "b"],
        ["tiny-amd64", undefined],
      ],
    );
  });

  it("cannot be pinned twice over, nor to a hypervisor that is not there", () => {
    const both = mistakesOf(() =>
      farm(`${two}\nguests: {list: [{platform: tiny, target: amd64, on: each, hypervisor: a}]}`),
    );
    assert.match(both[0]?.what ?? "", /cannot stand together/);
    const typo = mistakeOf(() =>
      farm("hypervisors: {rack-one: {}}\nguests: {list: [{platform: tiny, target: amd64, on: [rack-on]}]}"),
    );
    assert.equal(typo.path, "guests.list[0].on[0]");
    assert.match(typo.remedy ?? "", /rack-one/);
  });

  it("live on this machine when no hypervisor is declared", () => {
    const { hypervisors } = farm(`guests: {permutations: {${p}, targets: [amd64]}}`);
    assert.deepEqual(
      hypervisors.map(({ name, uri, connection }) => ({ name, uri, connection })),
      [{ name: "local", uri: "qemu:///system", connection: { type: "local" } }],
    );
  });

  const bad: readonly (readonly [string, string, string, RegExp])[] = [
    [
      "an unknown platform (F07)",
      "guests: {permutations: {platforms: [debian-21], targets: [amd64]}}",
      "guests.permutations.platforms[0]",
      /no platform "debian-21"/,
    ],
    [
      "an unknown target (F07)",
      "guests: {list: [{platform: tiny, target: amd46}]}",
      "guests.list[0].target",
      /no target "amd46"/,
    ],
    [
      "no platforms",
      "guests: {permutations: {platforms: [], targets: [amd64]}}",
      "guests.permutations.platforms",
      /not right/,
    ],
    ["no targets", "guests: {permutations: {platforms: [tiny]}}", "guests.permutations.targets", /missing/],
    ["a list that is none", "guests: {list: tiny}", "guests.list", /not right/],
    ["no guests at all", "hypervisors: {a: {}}", "guests", /no guests/],
    [
      "a count of 0",
      "guests: {list: [{platform: tiny, target: amd64, count: 0}]}",
      "guests.list[0].count",
      /not right/,
    ],
    [
      "a name with a slash",
      "guests: {list: [{platform: tiny, target: amd64, name: a/b}]}",
      "guests.list[0].name",
      /not right/,
    ],
    [
      "a name with a line break",
      'guests: {list: [{platform: tiny, target: amd64, name: "a\\nb"}]}',
      "guests.list[0].name",
      /not right/,
    ],
    [
      "a number as a platform",
      "guests: {list: [{platform: 12, target: amd64}]}",
      "guests.list[0].platform",
      /not right/,
    ],
  ];
  for (const [what, text, path, expected] of bad) {
    it(`refuse ${what}`, () => {
      const mistake = mistakeOf(() => farm(text));
      assert.equal(mistake.path, path);
      assert.match(mistake.what, expected);
      assert.equal(mistake.file, "stacks/s/farm.yaml");
      assert.equal(mistake.line, 1);
    });
  }

  it("may be none, when that is said", () => assert.deepEqual(names("guests: {list: []}"), []));

  it("may have names with spaces, quotes and $()", () => {
    const [guest] = farm(
      `guests: {list: [{platform: tiny, target: amd64, name: "it's $(a) \\"test\\""}]}`,
    ).guests;
    assert.equal(guest?.name, `it's $(a) "test"`);
    assert.equal(guest.hostname, "it-s-a-test");
  });
});

describe("names, MAC addresses and ports", () => {
  const list = (count: number) =>
    `guests: {list: [{platform: tiny, target: amd64, name: g, count: ${count}}]}`;
  const forwards = (text: string) =>
    farm(text).guests.flatMap(({ nics }) => nics.flatMap((nic) => (nic.kind === "user" ? nic.forwards : [])));

  it("put the stack before domain names, unless told otherwise (F09)", () => {
    assert.equal(farm(list(1)).guests[0]?.domainName, "s.g-1");
    assert.equal(farm(`domainPrefix: "lab "\n${list(1)}`).guests[0]?.domainName, "lab g-1");
  });

  it("are unique in a farm of 300, below the ephemeral ports (F10, F11)", () => {
    const { guests } = farm(list(300));
    const macs = new Set(guests.map(({ nics }) => nics[0]?.mac));
    const ports = new Set(
      guests.map(({ nics }) => (nics[0]?.kind === "user" ? nics[0].forwards[0]?.hostPort : 0)),
    );
    assert.equal(macs.size, 300);
    assert.equal(ports.size, 300);
    assert.ok([...ports].every((port) => port !== undefined && port >= 10000 && port < 32768));
  });

  it("stay what they are when guests come before or are written in another order", () => {
    const entry = (name: string) => `{platform: tiny, target: amd64, name: ${name}}`;
    const identity = (text: string) =>
      new Map(farm(text).guests.map(({ name, nics }) => [name, JSON.stringify(nics)]));
    const before = identity(`guests: {list: [${entry("a")}, ${entry("b")}]}`);
    const after = identity(`guests: {list: [${entry("new")}, ${entry("b")}, ${entry("a")}]}`);
    assert.equal(after.get("a"), before.get("a"));
    assert.equal(after.get("b"), before.get("b"));
  });

  it("fill a small range without a collision, and say when it is too small (F11)", () => {
    const ports = forwards(`ports: {from: 2200, to: 2209}\n${list(10)}`).map(({ hostPort }) => hostPort);
    assert.deepEqual(
      [...ports].sort(),
      Array.from({ length: 10 }, (_, index) => 2200 + index),
    );
    assert.match(
      mistakeOf(() => farm(`ports: {from: 2200, to: 2209}\n${list(11)}`)).what,
      /need 11 .* there are 10/,
    );
  });

  it("let explicit ports win and keep others away from them (F11)", () => {
    const nic = "nics: [{kind: user, forwards: [{guestPort: 22, hostPort: 2200}, 80]}]";
    const text = `ports: {from: 2200, to: 2202}\nguests: {list: [{platform: tiny, target: amd64}, {platform: tiny, target: arm64, ${nic}}]}`;
    const [first, second, third] = forwards(text);
    assert.deepEqual(second, { hostAddress: "127.0.0.1", hostPort: 2200, guestPort: 22 });
    assert.equal(third?.guestPort, 80);
    assert.deepEqual([first?.hostPort, third.hostPort].sort(), [2201, 2202]);
  });

  it("refuse one port for two guests, unless they are pinned to different hypervisors", () => {
    const nic = "nics: [{kind: user, forwards: [{guestPort: 22, hostPort: 2200}]}]";
    const text = (a: string, b: string) =>
      `hypervisors: {a: {}, b: {}}\nguests: {list: [{platform: tiny, target: amd64, ${a}${nic}}, {platform: tiny, target: arm64, ${b}${nic}}]}`;
    assert.match(
      mistakeOf(() => farm(text("", ""))).what,
      /"tiny-amd64" and "tiny-arm64" have the same port/,
    );
    assert.equal(farm(text("hypervisor: a, ", "hypervisor: b, ")).guests.length, 2);
  });

  it("refuse one MAC address for two guests", () => {
    const text = `guests: {list: [{platform: tiny, target: amd64, count: 2, nics: [{kind: network, network: lan, mac: "52:54:00:AA:bb:01"}]}]}`;
    assert.match(mistakeOf(() => farm(text)).what, /the same MAC address/);
  });

  it("are those of ansible_farm when asked for (vectors)", () => {
    const text = `naming: ansible-farm
guests:
  list: [{platform: Arch-Linux, target: amd64}]
  permutations: {platforms: [debian_vs, debian_12], targets: [amd64]}
`;
    const files = {
      "platforms/Arch-Linux.yaml": "extends: arch",
      "platforms/debian_vs.yaml": "extends: debian-12",
      "platforms/debian_12.yml": "extends: debian-12",
    };
    const seen = farm(text, files).guests.map(({ name, domainName, nics: [nic] }) => [
      name,
      domainName === name,
      nic?.mac,
      nic?.kind === "user" ? nic.forwards[0]?.hostPort : 0,
    ]);
    assert.deepEqual(seen, [
      ["VM Arch-Linux_amd64", true, "52:54:00:bc:53:10", 23465],
      ["VM debian_vs_amd64", true, "52:54:00:98:18:10", 8361],
      ["VM debian_12_amd64", true, "52:54:00:e6:bb:84", 50205],
    ]);
  });
});
