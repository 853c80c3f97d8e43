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

  const refused: readonly (readonly [string, string, RegExp])[] = [
    ["runMain", "sometimes", /"onChange"\|"always"/],
    ["allowedPhases", "main", /expected array/],
    ["allowedPhases", "[1]", /expected string/],
    ["vars", "greeting=hi", /expected record/],
    ["vars", "[]", /expected record/],
    ["updateImages", "yes", /expected boolean/],
    ["adoptImages", "debian-12", /true, false or a list of names of images/],
  ];
  for (const [key, value, allowed] of refused) {
    it(`refuses ${key}: ${value}, with file, path and remedy`, () => {
      assert.throws(
        () => config({ [key]: value }),
        (error) => {
          assert.ok(error instanceof UserError);
          const [mistake] = error.mistakes;
          assert.equal(mistake?.file, "Pulumi.mine.yaml");
          assert.equal(mistake.path, `guest-farm:${key}`);
          assert.match(mistake.allowed ?? "", allowed);
          assert.match(mistake.remedy ?? "", new RegExp(`pulumi config set --path guest-farm:${key}`));
          return true;
        },
      );
    });
  }
});
