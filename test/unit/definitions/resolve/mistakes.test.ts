import assert from "node:assert/strict";
import { farm, mistakeOf, mistakesOf } from "./fixtures";

const guests = "guests: {list: [{platform: tiny, target: amd64}]}";

describe("mistakes in farm files", () => {
  const cases: readonly (readonly [string, string, string | undefined, RegExp, RegExp])[] = [
    [
      "a misspelt top key",
      `${guests}\nhypervisor: {a: {}}`,
      "hypervisor",
      /no key "hypervisor"/,
      /"hypervisors"/,
    ],
    [
      "a misspelt hypervisor key",
      `hypervisors: {a: {imageCachPath: /x}}\n${guests}`,
      "hypervisors.a.imageCachPath",
      /no key/,
      /"imageCachePath"/,
    ],
    [
      "a misspelt limit",
      `hypervisors: {a: {limits: {maxGuest: 2}}}\n${guests}`,
      "hypervisors.a.limits.maxGuest",
      /no key/,
      /"maxGuests"/,
    ],
    [
      "a remote libvirt URI",
      `hypervisors: {a: {uri: "qemu+ssh://h/system"}}\n${guests}`,
      "hypervisors.a.uri",
      /not right/,
      /^$/,
    ],
    [
      "a libvirt URI of another kind of machine",
      `hypervisors: {a: {uri: "lxc:///"}}\n${guests}`,
      "hypervisors.a.uri",
      /not right/,
      /^$/,
    ],
    [
      "a relative pool path",
      `hypervisors: {a: {diskPoolPath: vms}}\n${guests}`,
      "hypervisors.a.diskPoolPath",
      /not right/,
      /^$/,
    ],
    [
      "one folder for both",
      `hypervisors: {a: {diskPoolPath: /v, imageCachePath: /v}}\n${guests}`,
      "hypervisors.a.imageCachePath",
      /same folder/,
      /folder of its own/,
    ],
    [
      "one folder for both, written in two ways",
      `hypervisors: {a: {diskPoolPath: /v/x, imageCachePath: /v//x/}}\n${guests}`,
      "hypervisors.a.imageCachePath",
      /same folder/,
      /folder of its own/,
    ],
    ["no hypervisor", `hypervisors: {}\n${guests}`, "hypervisors", /there is no hypervisor/, /local/],
    [
      "a connection of an unknown type",
      `hypervisors: {a: {connection: {type: telnet}}}\n${guests}`,
      "hypervisors.a.connection.type",
      /not right/,
      /^$/,
    ],
    [
      "an ssh connection without a host",
      `hypervisors: {a: {connection: {type: ssh}}}\n${guests}`,
      "hypervisors.a.connection.host",
      /missing/,
      /^$/,
    ],
    [
      "a misspelt guest key",
      "guests: {list: [{platform: tiny, target: amd64, memry: 3}]}",
      "guests.list[0].memry",
      /no key "memry"/,
      /"memory".*properties/,
    ],
    [
      "another tool's key",
      "guests: {list: [{platform: tiny, target: amd64, ram: 3}]}",
      "guests.list[0].ram",
      /no key "ram"/,
      /write "memory"/,
    ],
    [
      "extends in an entry",
      "guests: {list: [{platform: tiny, target: amd64, extends: x}]}",
      "guests.list[0].extends",
      /"extends" cannot stand here/,
      /platforms, targets/,
    ],
    [
      "a pin in defaults",
      "defaults: {hypervisor: a}\nguests: {list: []}",
      "defaults.hypervisor",
      /cannot stand here/,
      /blocks of guests/,
    ],
    [
      "text for memory (F08)",
      "defaults: {memory: x}\nguests: {list: []}",
      "defaults.memory",
      /not right/,
      /^$/,
    ],
    ["too little memory", "defaults: {memory: 8}\nguests: {list: []}", "defaults.memory", /not right/, /^$/],
    ["half a CPU", "defaults: {vcpus: 0.5}\nguests: {list: []}", "defaults.vcpus", /not right/, /^$/],
    [
      "a misspelt phase",
      "defaults: {allowedPhases: [mian]}\nguests: {list: []}",
      "defaults.allowedPhases[0]",
      /not right/,
      /"main"/,
    ],
    [
      "a negative time",
      "defaults: {readiness: {timeout: -1}}\nguests: {list: []}",
      "defaults.readiness.timeout",
      /not right/,
      /^$/,
    ],
    [
      "a card of an unknown kind",
      "defaults: {nics: [{kind: wifi}]}\nguests: {list: []}",
      "defaults.nics[0].kind",
      /not right/,
      /^$/,
    ],
    [
      "a card without its network",
      "defaults: {nics: [{kind: network}]}\nguests: {list: []}",
      "defaults.nics[0].network",
      /missing/,
      /^$/,
    ],
    [
      "a bad MAC address",
      "defaults: {nics: [{kind: user, mac: zz}]}\nguests: {list: []}",
      "defaults.nics[0].mac",
      /not right/,
      /^$/,
    ],
    [
      "a bad port",
      "defaults: {nics: [{kind: user, forwards: [{guestPort: 99999}]}]}\nguests: {list: []}",
      "defaults.nics[0].forwards[0].guestPort",
      /not right/,
      /^$/,
    ],
    ["an unknown naming", `naming: ansible\n${guests}`, "naming", /not right/, /^$/],
    [
      "a network on an unknown hypervisor",
      `hypervisors: {rack: {}}\nnetworks: {lan: {cidr: 10.0.0.0/24, hypervisors: [rak]}}\n${guests}`,
      "networks.lan.hypervisors[0]",
      /no hypervisor "rak"/,
      /"rack"/,
    ],
    [
      "a bad network address",
      `networks: {lan: {cidr: 10.0.0.0}}\n${guests}`,
      "networks.lan.cidr",
      /not right/,
      /^$/,
    ],
    ["an unknown placement", `placement: {order: [xen]}\n${guests}`, "placement.order[0]", /not right/, /^$/],
    [
      "a hypervisor name with a space",
      `hypervisors: {"a b": {}}\n${guests}`,
      'hypervisors["a b"]',
      /not right/,
      /^$/,
    ],
  ];
  for (const [what, text, path, expected, remedy] of cases) {
    it(`tell ${what}`, () => {
      const mistake = mistakeOf(() => farm(text));
      assert.equal(mistake.path, path);
      assert.match(mistake.what, expected);
      assert.match(mistake.remedy ?? "", remedy);
      assert.equal(mistake.file, "stacks/s/farm.yaml");
      assert.ok(mistake.line !== undefined && mistake.column !== undefined);
      assert.ok(mistake.allowed !== undefined || mistake.remedy !== undefined);
      assert.doesNotMatch(mistake.allowed ?? "", /Invalid|pattern/);
    });
  }

  const broken: readonly (readonly [string, string, number])[] = [
    ["a tab as indentation", "guests:\n\tlist: []", 2],
    ["a map in a map on one line", "a: b: c", 1],
    ["an open bracket", "guests: {list: [", 1],
    ["a key twice", "guests: {list: []}\nguests: {list: []}", 2],
    ["an unknown anchor", "guests: *none", 1],
    ["an open quote", 'guests: "x', 1],
    ["a list among keys", "guests:\n  list: []\n- x", 3],
    ["bad indentation", "guests:\n    list: []\n  permutations: []", 3],
    ["two documents", "guests: {list: []}\n---\nguests: {list: []}", 2],
    ["text only", "hello", 1],
    ["a list only", "- a", 1],
  ];
  for (const [what, text, line] of broken) {
    it(`tell where ${what} is`, () => {
      const [mistake] = mistakesOf(() => farm(text));
      assert.deepEqual([mistake?.file, mistake?.line], ["stacks/s/farm.yaml", line], mistake?.what);
    });
  }

  it("are all told at once, of all files", () => {
    const files = {
      "platforms/a.yaml": "memroy: 3\nvcpus: x",
      "targets/b.yaml": "extends: amd46",
      "projects/c.yaml": "revision: 1.0",
    };
    const text = "hypervisors: {h: {uri: 3}}\nguests: {list: [{platform: tyni, target: b}]}\nproject: c";
    const mistakes = mistakesOf(() => farm(text, files));
    const seen = mistakes.map(({ file, path }) => `${file?.replace("stacks/s/", "") ?? ""} ${path ?? ""}`);
    assert.deepEqual(seen.sort(), [
      "farm.yaml guests.list[0].platform",
      "farm.yaml hypervisors.h.uri",
      "platforms/a.yaml memroy",
      "platforms/a.yaml vcpus",
      "projects/c.yaml revision",
      "targets/b.yaml extends",
    ]);
  });

  it("are told for platforms that no guest uses", () => {
    assert.equal(
      mistakeOf(() => farm(guests, { "platforms/a.yaml": "vcpus: x" })).file,
      "stacks/s/platforms/a.yaml",
    );
  });

  it("name both files of a platform that is defined twice", () => {
    const inline = mistakeOf(() => farm(`platforms: {a: {}}\n${guests}`, { "platforms/a.yaml": "" }));
    assert.match(inline.what, /defined twice, here and in stacks\/s\/farm\.yaml:1:16 platforms\.a/);
    const both = mistakeOf(() => farm(guests, { "platforms/a.yaml": "", "platforms/a.yml": "" }));
    assert.match(both.what, /stacks\/s\/platforms\/a\.yaml/);
  });

  it("tell circles of extends, and bases that are not there", () => {
    const circle = {
      "platforms/a.yaml": "extends: b",
      "platforms/b.yaml": "extends: [tiny, c]",
      "platforms/c.yaml": "extends: a",
    };
    const text = "guests: {list: [{platform: a, target: amd64}]}";
    assert.match(mistakeOf(() => farm(text, circle)).what, /circle: a -> b -> c -> a/);
    assert.match(mistakeOf(() => farm(text, { "platforms/a.yaml": "extends: a" })).what, /circle: a -> a/);
    const missing = mistakeOf(() => farm(text, { "platforms/a.yaml": "extends: tinny" }));
    assert.deepEqual([missing.file, missing.path], ["stacks/s/platforms/a.yaml", "extends"]);
  });

  it("tell a target that lacks what a machine needs", () => {
    const text =
      "targets: {mine: {arch: x86_64}}\nguests: {list: [{platform: tiny, target: mine, image: {file: a}}]}";
    assert.deepEqual(
      mistakesOf(() => farm(text)).map(({ what }) => what),
      ['target "mine" gives no "machine"', 'target "mine" gives no "seedBus"'],
    );
  });

  it("tell UEFI without its files", () => {
    const text = "guests: {list: [{platform: tiny, target: s390x, firmware: uefi}]}";
    assert.match(mistakeOf(() => farm(text)).what, /UEFI firmware needs its two files/);
  });

  it("leave a user's own keys that resemble nothing alone (F14)", () => {
    const { guests: found } = farm(
      "guests: {list: [{platform: tiny, target: amd64, role: db, my-label: [1]}]}",
    );
    assert.deepEqual([found[0]?.properties["role"], found[0]?.properties["my-label"]], ["db", [1]]);
  });
});
