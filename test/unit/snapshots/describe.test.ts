import assert from "node:assert/strict";
import { snapshotContext } from "../../../hypervisor/snapshots/context";
import { describeSnapshot, type MadeSnapshot } from "../../../hypervisor/snapshots/describe";
import type { Ground } from "../../../hypervisor/snapshots/ground";
import type { InventoryKeeper } from "../../../hypervisor/snapshots/inventory-keeper";
import { fakeHost } from "../hypervisor/fake-host";
import { sampleDomain } from "../hypervisor/sample-domain";
import { FACTS, inventory, record, stamp, wanted } from "./inventories";

const MADE: MadeSnapshot = {
  id: "a1",
  strategy: "overlay",
  layer: "clean",
  disks: [stamp("layers/clean/vda.qcow2")],
  memory: null,
  nvram: null,
  internal: null,
};
const DATA = { size: 4, mtime: "1.5" };

/** The record of a snapshot, of a guest whose data disk was like this when the run began, and is like that now. */
function described(first: Ground | null, now: Ground) {
  const context = {
    ...snapshotContext(
      fakeHost(() => undefined),
      sampleDomain(),
    ),
    inventories: { firstGround: first } as unknown as InventoryKeeper,
  };
  const before = { ...inventory([], { clean: null }, "clean", { ground: now }), versions: FACTS.host };
  return describeSnapshot(context, wanted(record("clean", ["clean"])), MADE, before);
}

describe("the record of a new snapshot", () => {
  it("notes the files of others under it, and none where there are none", () => {
    const ground = new Map([
      ["/data.raw", DATA],
      ["/none", null],
    ]);
    assert.deepEqual(described(ground, ground).ground, [{ path: "/data.raw", ...DATA }]);
    assert.equal("ground" in described(new Map(), new Map()), false);
  });

  it("is not made when one of them was written anew while the guest ran", () => {
    const later = new Map([["/data.raw", { ...DATA, mtime: "2.5" }]]);
    assert.throws(
      () => described(new Map([["/data.raw", DATA]]), later),
      /\/data.raw was written anew while guest "web" ran/,
    );
  });
});
