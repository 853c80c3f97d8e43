import assert from "node:assert/strict";
import { handler } from "../../../providers/handlers/domain";
import { sampleDomain } from "../hypervisor/sample-domain";

/** What stands in an input that is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("preview of a domain", () => {
  const before = { ...sampleDomain() };
  const diff = (change: object) => handler.diff("id", before, { ...before, ...change });

  it("says replace while the base image is not known: the image is made anew", async () => {
    const { changes, replaces, deleteBeforeReplace } = await diff({
      baseImage: { path: UNKNOWN, digest: UNKNOWN, format: "qcow2" },
    });
    assert.deepEqual(
      { changes, replaces, deleteBeforeReplace },
      {
        changes: true,
        replaces: ["baseImage"],
        deleteBeforeReplace: true,
      },
    );
  });

  it("says update while anything else is not known", async () => {
    const { changes, replaces } = await diff({ memoryMiB: UNKNOWN });
    assert.deepEqual({ changes, replaces }, { changes: true, replaces: [] });
  });

  it("says nothing when all is as it was", async () => {
    assert.equal((await diff({})).changes, false);
  });
});
