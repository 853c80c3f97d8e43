import assert from "node:assert/strict";
import { STAGES, waitsFor } from "../../../definitions/stages";

describe("stages of an update", () => {
  it("let one part act each, preflight none, and full all", () => {
    const acting = Object.fromEntries(
      [...STAGES, "full" as const].map((stage) => [
        stage,
        (["images", "guests", "runs"] as const).filter((part) => waitsFor(part, stage) === null),
      ]),
    );
    assert.deepEqual(acting, {
      preflight: [],
      "image-cache": ["images"],
      provision: ["guests"],
      runtime: ["runs"],
      full: ["images", "guests", "runs"],
    });
  });

  it("name the stage that a part waits for", () => {
    assert.equal(waitsFor("runs", "preflight"), "runtime");
    assert.equal(waitsFor("images", "runtime"), "image-cache");
  });
});
