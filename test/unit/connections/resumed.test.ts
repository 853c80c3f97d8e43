import assert from "node:assert/strict";
import { LinkLostError } from "../../../connections/shell";
import { type ReadinessParts, waitForGuest } from "../../../connections/ssh/readiness";
import { LOCAL_RHYTHM } from "../../../connections/ssh/wait-for-banner";

describe("waiting for a guest that was resumed", () => {
  function guest(refusals: number) {
    const seen: string[] = [];
    const parts: ReadinessParts = {
      where: "there",
      rhythm: LOCAL_RHYTHM,
      probe: () => {
        seen.push("banner");
        return Promise.resolve({ ok: true });
      },
      login: () => {
        seen.push("login");
        return seen.length > refusals
          ? Promise.resolve()
          : Promise.reject(new LinkLostError("there", "closed by remote host"));
      },
      breakOff: () => Promise.resolve(),
      cloudInit: () => {
        seen.push("cloud-init");
        return Promise.resolve({ state: "ready", warnings: [] });
      },
    };
    return { seen, parts };
  }

  it("logs in at once, and asks nothing that was answered before the snapshot", async () => {
    const { seen, parts } = guest(0);
    await waitForGuest(parts, { mode: "login", timeoutMs: 1_000, resumed: true });
    assert.deepEqual(seen, ["login"]);
  });

  it("tries again when it is refused", async () => {
    const { seen, parts } = guest(2);
    await waitForGuest(parts, { mode: "login", timeoutMs: 5_000, resumed: true });
    assert.deepEqual(seen, ["login", "login", "login"]);
  });

  it("asks a guest that was booted everything", async () => {
    const { seen, parts } = guest(0);
    await waitForGuest(parts, { mode: "login", timeoutMs: 1_000 });
    assert.deepEqual(seen, ["banner", "login", "cloud-init"]);
  });
});
