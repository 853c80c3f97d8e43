import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createInterface } from "node:readline";
import { openLocalShell } from "../../../connections/local";
import { guestFiles } from "../../../hypervisor/guest-files";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import { processesWith } from "../../support/processes";
import { localSpec, QUICK } from "../leases/quick";

describe("a provider that waits for a guest's lease", function () {
  this.timeout(60_000);

  it("gives up when its engine ends, and does nothing with the guest when that is free", async () => {
    const pool = mkdtempSync(join(tmpdir(), "guest-farm provider's "));
    mkdirSync(guestFiles(pool, "web").folder);
    const holder = { runId: "one", description: "one", since: "now" };
    const host = { shell: openLocalShell(), spec: localSpec(pool) };
    const lease = await acquireLease(host, "web", { holder, waitMs: 0 }, QUICK);
    // Stands for the engine: it only waits for its provider.
    const argv = [process.execPath, "--require", "tsx/cjs", join(__dirname, "waiting-provider.ts"), pool];
    const engine = spawn("sh", ["-c", '"$@"; exit', "sh", ...argv], { stdio: ["ignore", "pipe", "inherit"] });
    const said: string[] = [];
    try {
      for await (const line of createInterface(engine.stdout)) {
        said.push(line);
        if (line !== "waits") continue;
        const lock = guestFiles(pool, "web").lease;
        const asking = () => processesWith(`guest-farm-lease ${lock} `).length;
        // The test's own, and the provider's.
        while (asking() < 2) await delay(20);
        engine.kill("SIGKILL");
      }
      assert.equal(said.length, 2, said.join("\n"));
      assert.match(said[1] ?? "", /sh \(pid \d+\) has ended: nothing more is done with guest "web"/);
    } finally {
      await lease.release();
      rmSync(pool, { recursive: true, force: true });
    }
  });
});
