import assert from "node:assert/strict";
import type { ImageDefinition } from "../../../definitions/images";
import { digestOf } from "../../../definitions/canonical-json";
import { recipeDigest } from "../../../hypervisor/images/sources/packages";
import { requestKey } from "../../../hypervisor/images/request-key";

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
