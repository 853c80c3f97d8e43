import assert from "node:assert/strict";
import type { ImageDefinition } from "../../../definitions/images";
import { digestOf } from "../../../definitions/canonical-json";
import { recipeDigest } from "../../../hypervisor/images/sources/packages";
import { requestKey, stepsKey } from "../../../hypervisor/images/request-key";

const definition: ImageDefinition = {
  name: "debian",
  source: { kind: "url", url: "https://example.org/a.qcow2", checksum: { kind: "unverified" } },
  format: "qcow2",
  steps: [{ kind: "convert", to: "raw" }],
};

describe("the request key of an image", () => {
  it("is the same for other names and another stand-in", () => {
    const other = {
      ...definition,
      name: "another",
      steps: [{ kind: "convert" as const, to: "raw" as const, name: "unpack it" }],
      fallback: { ...definition, source: { kind: "pool" as const, pool: "a", volume: "b" } },
    };
    assert.equal(requestKey(other), requestKey(definition));
  });

  it("of a recipe covers every file that the recipe is made of", () => {
    assert.match(recipeDigest("tiny"), /^[0-9a-f]{64}$/);
    assert.notEqual(recipeDigest("tiny"), recipeDigest("debian"));
    const source = { kind: "packages" as const, recipe: "tiny" as const, arch: "amd64", packages: [] };
    const plain = digestOf({ source, format: "qcow2", steps: [] });
    const withRecipe = digestOf({ source, recipe: recipeDigest("tiny"), format: "qcow2", steps: [] });
    const key = requestKey({ ...definition, source, steps: [] });
    assert.deepEqual([key === plain, key === withRecipe], [false, true]);
  });

  const changes: [string, Partial<ImageDefinition>][] = [
    [
      "address",
      { source: { kind: "url", url: "https://example.org/b.qcow2", checksum: { kind: "unverified" } } },
    ],
    [
      "checksum",
      {
        source: {
          kind: "url",
          url: "https://example.org/a.qcow2",
          checksum: { kind: "literal", algorithm: "sha256", value: "0".repeat(64) },
        },
      },
    ],
    ["format", { format: "raw" }],
    ["step", { steps: [] }],
    ["order of steps", { steps: [{ kind: "resize", sizeMiB: 1 }, ...definition.steps] }],
  ];
  for (const [what, change] of changes) {
    it(`changes with the ${what}`, () => {
      assert.notEqual(requestKey({ ...definition, ...change }), requestKey(definition));
    });
  }
});

describe("the key of an image's steps", () => {
  const run = { kind: "run" as const, timeout: 10 };
  const file = (path: string, value: string) => ({
    kind: "file" as const,
    path,
    checksum: { kind: "literal" as const, algorithm: "sha256" as const, value },
  });

  it("goes by the text of a script, wherever it lies", () => {
    const key = (step: object) => stepsKey({ ...definition, steps: [{ ...run, ...step }] });
    assert.equal(key({ script: "a.sh", text: "true" }), key({ script: "b/a.sh", text: "true" }));
    assert.notEqual(key({ script: "a.sh", text: "true" }), key({ script: "a.sh", text: "false" }));
  });

  it("goes by the content of a file, wherever it lies", () => {
    const key = (source: ImageDefinition["source"]) => stepsKey({ ...definition, source });
    assert.equal(key(file("a.img", "0".repeat(64))), key(file("b.img", "0".repeat(64))));
    assert.notEqual(key(file("a.img", "0".repeat(64))), key(file("a.img", "1".repeat(64))));
    const unknown = (path: string) => key({ kind: "file", path });
    assert.notEqual(unknown("a.img"), unknown("b.img"));
  });

  it("is not about the format of the finished image", () => {
    assert.equal(stepsKey(definition), stepsKey({ ...definition, format: "raw" } as ImageDefinition));
  });
});
