import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../../definitions/user-error";
import { readStackConfig } from "../../../program/stack-config";

const config = (values: Readonly<Record<string, string>>) => {
  const named = Object.entries(values).map(([key, value]) => [`guest-farm:${key}`, value]);
  pulumi.runtime.setAllConfig(Object.fromEntries(named) as Record<string, string>);
  return readStackConfig("mine");
};

describe("stack configuration", () => {
  after(() => pulumi.runtime.setAllConfig({}));

  it("may be empty", () => {
    assert.deepEqual(config({}), {
      farm: "stacks/mine/farm.yaml",
      farmStack: undefined,
      project: undefined,
      revision: undefined,
      runMain: undefined,
      allowedPhases: undefined,
      vars: {},
      stage: "full",
      updateImages: false,
      adoptImages: false,
      rerun: undefined,
      imageSource: undefined,
    });
  });

  it("is refused with a map where one text belongs", () => {
    assert.throws(() => config({ revision: '{"a":1}' }), /guest-farm:revision[^]*one text or number/);
    assert.throws(() => config({ project: '["a"]' }), /guest-farm:project[^]*one text or number/);
  });

  it("is refused with an environment that says nothing clear about disks", () => {
    process.env["GUEST_FARM_REMOVE_DISKS"] = "maybe";
    try {
      assert.throws(() => config({}), /GUEST_FARM_REMOVE_DISKS[^]*"maybe"[^]*true or false/);
    } finally {
      delete process.env["GUEST_FARM_REMOVE_DISKS"];
    }
  });

  it("takes the farm file of the stack that makes the guests", () => {
    assert.equal(config({ farmStack: "lab" }).farm, "stacks/lab/farm.yaml");
    assert.equal(config({ farmStack: "acme/farms/lab" }).farm, "stacks/lab/farm.yaml");
    assert.equal(config({ farmStack: "lab", farm: "x.yaml" }).farm, "x.yaml");
  });

  it("has every key", () => {
    const found = config({
      farm: "elsewhere/farm.yaml",
      farmStack: "lab",
      project: "demo",
      revision: "7",
      runMain: "always",
      allowedPhases: '["main","startup"]',
      vars: '{"greeting":"hi","count":2}',
      stage: "image-cache",
      updateImages: "true",
      adoptImages: '["debian-12/amd64"]',
      rerun: "now",
      imageSource: "packages",
    });
    assert.deepEqual(found, {
      farm: "elsewhere/farm.yaml",
      farmStack: "lab",
      project: "demo",
      revision: "7",
      runMain: "always",
      allowedPhases: ["main", "startup"],
      vars: { greeting: "hi", count: 2 },
      stage: "image-cache",
      updateImages: true,
      adoptImages: ["debian-12/amd64"],
      rerun: "now",
      imageSource: "packages",
    });
  });

  it("refuses a key that is nearly one of its own, and leaves the user's own ones alone", () => {
    for (const [wrong, meant] of [
      ["runmain", "runMain"],
      ["stages", "stage"],
      ["removeDisk", "removeDisks"],
    ] as const) {
      assert.throws(
        () => config({ [wrong]: "always" }),
        new RegExp(`Pulumi\\.mine\\.yaml[^]*guest-farm:${wrong}[^]*guest-farm:${meant}[^]*config rm`),
      );
    }
    assert.equal(config({ token: "mine", "my-own": "1" }).stage, "full");
  });

  const refused: readonly (readonly [string, string, RegExp, RegExp])[] = [
    ["runMain", "sometimes", /^one of onChange, always$/, /config set -s mine guest-farm:runMain \.\.\./],
    ["runMain", "allways", /^one of onChange, always$/, /did you mean "always"\?/],
    ["stage", "provison", /^one of preflight, .*full$/, /did you mean "provision"\?/],
    ["allowedPhases", "main", /a list of names of phases/, /--path 'guest-farm:allowedPhases\[0\]' main/],
    ["allowedPhases", "[1]", /names of phases/, /--path 'guest-farm:allowedPhases\[0\]' main/],
    ["vars", "greeting=hi", /a map of names to values/, /--path guest-farm:vars\.greeting hello/],
    ["vars", "[]", /a map of names to values/, /--path guest-farm:vars\.greeting hello/],
    ["updateImages", "yes", /true or false/, /config set -s mine guest-farm:updateImages \.\.\./],
    ["removeDisks", "yes", /true or false/, /config set -s mine guest-farm:removeDisks \.\.\./],
    ["adoptImages", "debian-12", /true, false or a list of names of images/, /adoptImages\[0\]/],
  ];
  for (const [key, value, allowed, remedy] of refused) {
    it(`refuses ${key}: ${value}, with file, path and remedy`, () => {
      assert.throws(
        () => config({ [key]: value }),
        (error) => {
          assert.ok(error instanceof UserError);
          const [mistake] = error.mistakes;
          assert.equal(mistake?.file, "Pulumi.mine.yaml");
          assert.equal(mistake.path, `guest-farm:${key}`);
          assert.match(mistake.allowed ?? "", allowed);
          assert.match(mistake.remedy ?? "", remedy);
          return true;
        },
      );
    });
  }

  describe("with a farm secret", () => {
    const SECRET = "0123456789abcdef0123456789abcdef";
    const withSecret = (secret: string, secretKeys: readonly string[], more: Record<string, string> = {}) => {
      pulumi.runtime.setAllConfig({ "guest-farm:farmSecret": secret, ...more }, [...secretKeys]);
      return readStackConfig("mine");
    };
    const KEYS = ["guest-farm:farmSecret"];
    const mistakes: Record<string, [() => unknown, RegExp]> = {
      "in plain": [() => withSecret(SECRET, []), /stands in the configuration for all to read/],
      "that is too short": [() => withSecret("0123456789abcdef", KEYS), /too short\n +found: +16 characters/],
      "of spaces": [() => withSecret(" ".repeat(40), KEYS), /too short\n +found: +0 characters/],
      "that can be guessed": [() => withSecret("12".repeat(32), KEYS), /2 different characters/],
    };

    it("takes it", () => assert.equal(withSecret(SECRET, KEYS).stage, "full"));

    for (const [what, [read, said]] of Object.entries(mistakes)) {
      it(`refuses one ${what}, says how to make one, and does not show it`, () => {
        assert.throws(read, (error) => {
          assert.ok(error instanceof UserError);
          assert.match(error.message, said);
          assert.match(error.message, /^Pulumi.mine.yaml: guest-farm:farmSecret: /);
          assert.match(error.message, /openssl rand -hex 32 \| pulumi config set -s mine --secret/);
          assert.doesNotMatch(error.message, /0123456789abcdef|121212/);
          return true;
        });
      });
    }

    it("refuses it where guests and keys are those of another stack", () => {
      assert.throws(
        () => withSecret(SECRET, KEYS, { "guest-farm:farmStack": "lab" }),
        /keys from stack "lab"[^]*config rm -s mine guest-farm:farmSecret/,
      );
    });
  });

  it("refuses a stage of the environment that there is not, and says that it came from there", () => {
    process.env["GUEST_FARM_STAGE"] = "runtimes";
    try {
      assert.throws(
        () => config({ stage: "full" }),
        /^UserError: GUEST_FARM_STAGE: [^]*did you mean "runtime"/,
      );
    } finally {
      delete process.env["GUEST_FARM_STAGE"];
    }
  });
});
