import assert from "node:assert/strict";
import { farm, guestOf, mistakeOf, mistakesOf } from "./fixtures";

const url = (platform: string, entry = "") => {
  const { source } = guestOf(platform, entry).image;
  return source.kind === "url" ? source.url : undefined;
};

describe("expressions in definitions", () => {
  it("see guest, target, platform, stack and vars, the user's own keys among them (F14)", () => {
    const guest = guestOf(
      "extends: tiny\nflavour: sweet\nseed: {files: [{path: /a, content: '${{ stack }} ${{ guest.name }} ${{ guest.domain }} ${{ guest.hostname }} ${{ platform.flavour }} ${{ target.arch }} ${{ vars.x }} ${{ guest.role }}'}]}",
      "role: db, vars: {x: 1}",
    );
    assert.equal(guest.seed?.files[0]?.content, "s mine-amd64 s.mine-amd64 mine-amd64 sweet x86_64 1 db");
  });

  it("keep numbers, lists and truth values", () => {
    const guest = guestOf(
      "extends: tiny\nvars: {m: 300, p: [a, b], k: true}\nmemory: ${{ vars.m }}\nkeepRunning: ${{ vars.k }}\nseed: {packages: '${{ vars.p }}'}",
    );
    assert.deepEqual([guest.memoryMiB, guest.keepRunning, guest.seed?.packages], [300, true, ["a", "b"]]);
  });

  it("may refer to each other in any order", () => {
    assert.equal(
      url(
        "vars: {all: '${{ vars.base }}/${{ vars.file }}', file: 'd-${{ vars.version }}.img', base: http://x, version: 12}\nimage: {url: '${{ vars.all }}', trust: unverified}",
      ),
      "http://x/d-12.img",
    );
  });

  it("look architecture names up in a map (seed 002)", () => {
    const platform =
      "vars: {names: {arm64: arm64, amd64: amd64, ppc64: ppc64el}}\nimage: {url: 'http://x/${{ vars.names[target.name] }}.img', trust: unverified}";
    const { guests } = farm("guests: {permutations: {platforms: [mine], targets: [amd64, ppc64]}}", {
      "platforms/mine.yaml": platform,
    });
    assert.deepEqual(
      guests.map(({ image }) => image.source.kind === "url" && image.source.url),
      ["http://x/amd64.img", "http://x/ppc64el.img"],
    );
  });

  it("let one definition serve several releases", () => {
    const files = {
      "platforms/debian.yaml":
        "image:\n  url: http://x/${{ vars.version }}/${{ default(vars.build, 'latest') }}.img\n  trust: unverified",
      "platforms/debian_12.yaml": "extends: debian\nvars: {version: bookworm}",
      "platforms/debian_13.yaml": "extends: debian\nvars: {version: trixie, build: '2025'}",
    };
    const { guests } = farm(
      "guests: {permutations: {platforms: [debian_12, debian_13], targets: [amd64]}}",
      files,
    );
    assert.deepEqual(
      guests.map(({ image }) => image.source.kind === "url" && image.source.url),
      ["http://x/bookworm/latest.img", "http://x/trixie/2025.img"],
    );
  });

  it("reach properties and vars as plain data", () => {
    const guest = guestOf(
      "extends: tiny\nproperties: {memo: '${{ guest.name }}', deep: {list: [1, {a: b}]}}\nanswer: 42",
      "vars: {v: '${{ target.name }}'}",
    );
    assert.deepEqual(
      { ...guest.properties, aliases: 0, console: 0 },
      { memo: "mine-amd64", deep: { list: [1, { a: "b" }] }, answer: 42, aliases: 0, console: 0 },
    );
    assert.deepEqual(guest.vars, { v: "amd64" });
  });

  const bad: readonly (readonly [string, string, RegExp, number, number, RegExp | undefined])[] = [
    [
      "a misspelt first name",
      "extends: tiny\nhostname: a-${{ gest.name }}",
      /no name "gest"/,
      2,
      17,
      /"guest"/,
    ],
    [
      "a misspelt variable",
      "extends: tiny\nvars: {size: 1}\nmemory: ${{ vars.siez }}",
      /vars has no "siez"/,
      3,
      18,
      /"size"/,
    ],
    [
      "a misspelt variable in quotes",
      'extends: tiny\nvars: {size: a}\nhostname: "${{ vars.siez }}"',
      /vars has no "siez"/,
      3,
      21,
      /"size"/,
    ],
    [
      "a misspelt variable in a block",
      "extends: tiny\nseed:\n  files:\n    - path: /a\n      content: |\n        first\n        then ${{ vars.x }}\nvars: {y: 1}",
      /vars has no "x"/,
      7,
      23,
      undefined,
    ],
    [
      "a misspelt function",
      "extends: tiny\nhostname: ${{ uper('a') }}",
      /no function "uper"/,
      2,
      15,
      /"upper"/,
    ],
    ["an open expression", "extends: tiny\nhostname: ${{ guest.name", /not closed/, 2, 11, undefined],
    [
      "a list where text belongs",
      "extends: tiny\nvars: {l: [a]}\nhostname: x${{ vars.l }}",
      /gives a list/,
      3,
      16,
      undefined,
    ],
  ];
  for (const [what, platform, expected, line, column, remedy] of bad) {
    it(`refuse ${what}, with its place`, () => {
      const mistake = mistakeOf(() => guestOf(platform));
      assert.match(mistake.what, expected);
      assert.deepEqual(
        [mistake.file, mistake.line, mistake.column],
        ["stacks/s/platforms/mine.yaml", line, column],
      );
      if (remedy !== undefined) assert.match(mistake.remedy ?? "", remedy);
    });
  }

  it("refuse values of the wrong type where they were written", () => {
    const mistake = mistakeOf(() => guestOf("extends: tiny\nvars: {m: lots}\nmemory: ${{ vars.m }}"));
    assert.deepEqual([mistake.path, mistake.line, mistake.found], ["memory", 3, '"lots"']);
  });

  it("refuse circles among vars", () => {
    const mistakes = mistakesOf(() =>
      guestOf("extends: tiny\nvars: {a: '${{ vars.b }}', b: '${{ vars.a }}'}"),
    );
    assert.match(mistakes[0]?.what ?? "", /needs its own value/);
  });

  it("are told once for many guests", () => {
    const files = { "platforms/mine.yaml": "extends: tiny\nhostname: ${{ vars.no }}" };
    mistakeOf(() => farm("guests: {list: [{platform: mine, target: amd64, count: 20}]}", files));
  });

  it("are refused where they would not be evaluated", () => {
    const text = "hypervisors: {a: {diskPoolPath: '/x/${{ stack }}'}}\nguests: {list: []}";
    assert.match(mistakeOf(() => farm(text)).what, /an expression cannot stand here/);
    const settings = "defaults: {keep: '${{ vars.k }}'}\nguests: {list: []}";
    assert.match(mistakeOf(() => farm(settings)).what, /an expression cannot stand here/);
  });

  it("tell the guest's place when a built-in platform lacks an architecture", () => {
    const mistake = mistakeOf(() => farm("guests: {list: [{platform: arch, target: s390x}]}"));
    assert.match(mistake.what, /guest "arch-s390x" does not fit built-in platform arch/);
    assert.deepEqual(
      [mistake.file, mistake.line, mistake.allowed],
      ["stacks/s/farm.yaml", 1, "one of x86_64"],
    );
  });
});
