import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { hypervisorHost } from "../../../hypervisor/host";
import { InventoryKeeper } from "../../../hypervisor/snapshots/inventory-keeper";
import { sampleDomain } from "../hypervisor/sample-domain";

describe("a kept inventory", () => {
  let pool: string;
  let ran: number;

  function keeper(mayKeep: boolean): InventoryKeeper {
    const local = openLocalShell();
    const hypervisor = { ...sampleDomain().hypervisor, uri: "test:///default", diskPoolPath: pool };
    const host = hypervisorHost(hypervisor, {
      ...local,
      run: (command) => {
        ran += 1;
        return local.run(command);
      },
    });
    return new InventoryKeeper(host, { ...sampleDomain(), hypervisor, name: "test" }, mayKeep);
  }

  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm-keeper-"));
    ran = 0;
  });
  afterEach(() => rmSync(pool, { recursive: true, force: true }));

  it("is read once while the lease is held", async () => {
    const kept = keeper(true);
    const first = await kept.fresh();
    assert.equal(await kept.recent(), first);
    assert.equal(ran, 1);
  });

  it("is what the caller says after a change of his", async () => {
    const kept = keeper(true);
    const changed = { ...(await kept.fresh()), definition: "another" };
    kept.keep(changed);
    assert.equal((await kept.recent()).definition, "another");
  });

  it("is read again after a change that nobody described, and whenever that is asked for", async () => {
    const kept = keeper(true);
    await kept.fresh();
    kept.forget();
    await kept.recent();
    await kept.fresh();
    assert.equal(ran, 3);
  });

  it("is never used without the lease: others may change the guest", async () => {
    const kept = keeper(false);
    await kept.fresh();
    await kept.recent();
    assert.equal(ran, 2);
  });
});
