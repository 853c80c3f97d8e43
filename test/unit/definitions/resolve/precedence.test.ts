import assert from "node:assert/strict";
import { settingsOn, type PartialSettings } from "../../../../definitions";
import { farm, guestOf } from "./fixtures";

/** The levels that may give settings, from the weakest to the strongest, and how each is written. */
const LEVELS = ["defaults", "hypervisor", "target", "platform", "item", "project", "config"] as const;
type Level = (typeof LEVELS)[number];

const PHASES_OF: Readonly<Record<Level, string>> = {
  defaults: "startup",
  hypervisor: "restore init",
  target: "create init",
  platform: "restore clean",
  item: "create clean",
  project: "main",
  config: "shutdown",
};

/** A farm in which each given level allows one phase of its own, and sets one half of `shutdown` or the other. */
function settingsWith(levels: readonly Level[]) {
  const has = (level: Level) => levels.includes(level);
  const phases = (level: Level) => (has(level) ? `{allowedPhases: [${PHASES_OF[level]}]}` : "{}");
  const text = `
defaults: ${phases("defaults")}
hypervisors: {only: ${phases("hypervisor")}}
targets: {t: {extends: amd64, ${phases("target").slice(1)}}
platforms: {p: {extends: tiny, ${phases("platform").slice(1)}}
guests: {list: [{platform: p, target: t, hypervisor: only, ${phases("item").slice(1)}]}
project: {id: x, ${phases("project").slice(1)}
`;
  const config = has("config") ? { allowedPhases: [PHASES_OF.config] } : {};
  return farm(text, {}, config).guests[0]?.settings;
}

describe("precedence of settings: defaults < hypervisor < target < platform < item < project < config", () => {
  for (const lower of LEVELS) {
    for (const higher of LEVELS.slice(LEVELS.indexOf(lower) + 1)) {
      it(`${higher} wins over ${lower}`, () => {
        assert.deepEqual(settingsWith([lower, higher])?.allowedPhases, [PHASES_OF[higher]]);
      });
    }
  }

  for (const level of LEVELS) {
    it(`${level} alone wins over what is built in`, () => {
      assert.deepEqual(settingsWith([level])?.allowedPhases, [PHASES_OF[level]]);
    });
  }

  it("has the documented values when nobody says anything", () => {
    const settings = settingsWith([]);
    assert.equal(settings?.allowedPhases.length, 10);
    assert.deepEqual(
      { ...settings, allowedPhases: [] },
      {
        readiness: { mode: "login", timeout: 120 },
        shutdown: { tries: 10, delay: 5 },
        onSnapshotError: "continue",
        powerOff: "auto",
        snapshots: "auto",
        cache: "content",
        keep: 3,
        allowedPhases: [],
        leaseTimeout: 600,
        startNetworks: false,
        phaseTimeout: 3600,
      },
    );
  });

  it("merges maps deep: one level gives the mode, another the time", () => {
    const guest = guestOf(
      "extends: tiny\nreadiness: {mode: port}",
      "",
      "defaults: {readiness: {timeout: 300}}",
    );
    assert.deepEqual(guest.settings.readiness, { mode: "port", timeout: 300 });
  });

  it("takes the hypervisor's level once placement has found it", () => {
    const resolved = farm(`
defaults: {keep: 7, leaseTimeout: 11}
hypervisors: {a: {leaseTimeout: 20, phaseTimeout: 30}, b: {}}
guests: {list: [{platform: tiny, target: amd64, phaseTimeout: 40}]}
`);
    const [guest] = resolved.guests;
    assert.ok(guest);
    const pick = ({ keep, leaseTimeout, phaseTimeout }: PartialSettings) => [
      keep,
      leaseTimeout,
      phaseTimeout,
    ];
    assert.deepEqual(pick(settingsOn(resolved, guest, "a")), [7, 20, 40]);
    assert.deepEqual(pick(settingsOn(resolved, guest, "b")), [7, 11, 40]);
  });

  it("leaves guests that a project does not run in alone", () => {
    const { guests } = farm(`
guests: {permutations: {platforms: [tiny], targets: [amd64, arm64]}}
project: {id: x, guests: ["*-amd64"], keep: 9}
`);
    assert.deepEqual(
      guests.map(({ settings }) => settings.keep),
      [9, 3],
    );
  });
});

describe("precedence of everything else: defaults < target < platform < item", () => {
  const levels = ["defaults", "target", "platform", "item"] as const;
  const value = { defaults: 301, target: 302, platform: 303, item: 304 } as const;
  const memoryWith = (given: readonly (typeof levels)[number][]) => {
    const own = (level: (typeof levels)[number]) => (given.includes(level) ? `memory: ${value[level]}` : "");
    const text = `
defaults: {${own("defaults")}}
targets: {t: {extends: amd64, ${own("target")}}}
platforms: {p: {image: {packages: {recipe: tiny}}, ${own("platform")}}}
guests: {list: [{platform: p, target: t, ${own("item")}}]}
`;
    return farm(text).guests[0]?.memoryMiB;
  };
  for (const lower of levels) {
    for (const higher of levels.slice(levels.indexOf(lower) + 1)) {
      it(`${higher} wins over ${lower}`, () => assert.equal(memoryWith([lower, higher]), value[higher]));
    }
  }
  it("starts from what is built in", () => assert.equal(memoryWith([]), 2048));
});

describe("merging", () => {
  const steps = (text: string, entry = "") =>
    guestOf(text, entry).image.steps.map((step) => step.name ?? step.kind);

  it("replaces lists", () => {
    const guest = guestOf("extends: tiny\nseed: {packages: [a, b]}", "seed: {packages: [c]}");
    assert.deepEqual(guest.seed?.packages, ["c"]);
  });

  it("appends to a list with +key, over several levels", () => {
    const guest = guestOf(
      "extends: tiny\nseed: {+packages: [b]}",
      "seed: {+packages: [c]}",
      "defaults: {seed: {packages: [a]}}",
    );
    assert.deepEqual(guest.seed?.packages, ["a", "b", "c"]);
  });

  it("starts a list with +key where there is none below", () => {
    assert.deepEqual(guestOf("extends: tiny\nseed: {+packages: [b]}").seed?.packages, ["b"]);
  });

  it("lets a platform change one value deep inside the one that it extends (F05)", () => {
    const guest = guestOf("extends: debian-12\nvars: {build: 20250101-1}\nauth: {become: {method: su}}");
    assert.equal(
      guest.image.source.kind === "url" && guest.image.source.url,
      "https://cloud.debian.org/images/cloud/bookworm/20250101-1/debian-12-generic-amd64.qcow2",
    );
    assert.deepEqual(guest.auth, {
      user: "debian",
      key: "generated",
      password: undefined,
      become: { user: "root", method: "su", password: undefined },
    });
  });

  it("follows chains of extends, in several files, from the built-in one up", () => {
    const { guests } = farm("guests: {list: [{platform: c, target: amd64}]}", {
      "platforms/a.yaml": "extends: tiny\nmemory: 300\nvcpus: 3",
      "platforms/b.yml": "extends: a\nvcpus: 4",
      "platforms/c.yaml": "extends: b\nshell: bash",
    });
    assert.deepEqual([guests[0]?.memoryMiB, guests[0]?.vcpus, guests[0]?.shell], [300, 4, "bash"]);
  });

  it("lets a platform extend the built-in one of its own name", () => {
    const { guests } = farm("guests: {list: [{platform: tiny, target: amd64}]}", {
      "platforms/tiny.yaml": "extends: tiny\nmemory: 333",
    });
    assert.equal(guests[0]?.memoryMiB, 333);
  });

  it("merges several bases in their order", () => {
    const files = { "platforms/big.yaml": "memory: 4096", "platforms/mine.yaml": "extends: [tiny, big]" };
    assert.equal(farm("guests: {list: [{platform: mine, target: amd64}]}", files).guests[0]?.memoryMiB, 4096);
  });

  it("takes another source of an image for the whole source, with its checksum", () => {
    const guest = guestOf("extends: debian-12\nimage: {file: local.qcow2}");
    assert.deepEqual(guest.image.source, { kind: "file", path: "local.qcow2" });
  });

  it("keeps the vendor's checksum when only the address changes", () => {
    const { source } = guestOf("extends: debian-12\nimage: {url: https://mirror.example/d.qcow2}").image;
    assert.ok(source.kind === "url" && source.checksum.kind === "manifest");
  });

  const base =
    "image:\n  file: a.qcow2\n  steps:\n    - {name: unpack, decompress: xz}\n    - {name: keys, customize: {commands: [x]}}\n";

  it("puts named steps before or after others (seed 002: resize in the middle)", () => {
    const mine =
      "image: {+steps: [{name: grow, resize: 10GiB, before: keys}, {convert: qcow2, after: unpack}, {run: a.sh, after: unpack}]}";
    assert.deepEqual(steps(base, mine), ["unpack", "convert", "run", "grow", "keys"]);
  });

  it("does not let a password leave a key of a lower level in force", () => {
    const guest = guestOf("extends: tiny\nauth: {password: x}");
    assert.equal(guest.auth.key, undefined);
    assert.equal(guest.auth.password, "x");
  });
});
