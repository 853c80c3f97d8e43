import assert from "node:assert/strict";
import type { ImageDefinition } from "../../../definitions/images";
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
