import assert from "node:assert/strict";
import type { ImageDefinition } from "../../../definitions/images";
import { imageSteps } from "../../../hypervisor/images/build-plan";

describe("what makes an image, said beforehand", () => {
  const url = (checksum: Extract<ImageDefinition["source"], { kind: "url" }>["checksum"]) => ({
    kind: "url" as const,
    url: "https://vendor/disk.img.xz",
    checksum,
  });
  const plan = (source: ImageDefinition["source"], steps: ImageDefinition["steps"] = []) =>
    imageSteps({ source, steps }, "host");

  it("names the source, and who vouches for it", () => {
    const manifest = {
      kind: "manifest",
      url: "https://vendor/SUMS",
      algorithm: "sha512",
      file: "disk.img.xz",
    } as const;
    const literal = { kind: "literal", algorithm: "sha256", value: "0".repeat(64) } as const;
    assert.deepEqual(plan(url(manifest)), [
      "download https://vendor/disk.img.xz (verified by https://vendor/SUMS)",
    ]);
    assert.deepEqual(plan(url(literal)), ["download https://vendor/disk.img.xz (verified by its sha256)"]);
    assert.deepEqual(plan(url({ kind: "unverified" })), [
      "download https://vendor/disk.img.xz (not verified)",
    ]);
    const unprotected = /\), over http: anybody on the way can put another image there$/;
    const open = (source: ReturnType<typeof url>) =>
      plan({ ...source, url: "http://vendor/disk.img" })[0] ?? "";
    assert.match(open(url({ kind: "unverified" })), unprotected);
    assert.match(open(url({ ...manifest, url: "http://vendor/SUMS" })), unprotected);
    for (const known of [
      manifest,
      literal,
      { ...manifest, url: "http://vendor/SUMS", signature: true as const },
    ]) {
      assert.doesNotMatch(open(url(known)), unprotected);
    }
    assert.deepEqual(plan({ kind: "file", path: "my.img" }), ["upload my.img"]);
    assert.deepEqual(plan({ kind: "pool", pool: "p", volume: "v" }), ["copy volume v of pool p"]);
  });

  it("names every step, by its own name too", () => {
    const steps: ImageDefinition["steps"] = [
      { kind: "decompress" },
      { kind: "resize", sizeMiB: 4096, name: "grow" },
      { kind: "convert", to: "raw" },
      { kind: "customize", packages: [], commands: [], files: [] },
      { kind: "run", script: "scripts/tune.sh", timeout: 5 },
      { kind: "run", text: "true", timeout: 5, name: "tidy" },
    ];
    assert.deepEqual(plan({ kind: "file", path: "a" }, steps).slice(1), [
      "decompress",
      "grow (resize to 4096 MiB)",
      "convert to raw",
      "customize",
      "run scripts/tune.sh",
      "tidy (run a script)",
    ]);
  });
});
