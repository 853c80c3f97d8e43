import assert from "node:assert/strict";
import { stringify } from "yaml";
import { resolveFarm } from "../../../definitions";
import { placeFarm } from "../../../definitions/placement/place-farm";
import type { GuestView } from "../../../discovery/guest-views";
import { demandOn } from "../../../program/preflight";

const FACTS = { arches: { x86_64: { domainTypes: ["qemu"] } }, cpus: 8, memoryMiB: 32768, diskGiB: 500 };

function viewOf(list: readonly Record<string, unknown>[]) {
  const text = stringify({
    hypervisors: { a: { facts: FACTS }, b: { facts: FACTS } },
    networks: { ours: { cidr: "10.9.0.0/24", hypervisors: ["a"] } },
    guests: { list: list.map((guest) => ({ platform: "tiny", target: "amd64", hypervisor: "a", ...guest })) },
  });
  const farm = resolveFarm({ stack: "s", farmFile: { name: "farm.yaml", text }, files: {} });
  return { farm, guests: placeFarm(farm, {}), found: new Map<string, GuestView>() };
}

describe("what guests ask of a hypervisor", () => {
  it("is memory for those that stay on and for the largest other, and room for disks that are not there", () => {
    const view = viewOf([
      { name: "lasting", keepRunning: true, memory: 512, rootDisk: { size: 10 } },
      { name: "small", memory: 256 },
      { name: "large", memory: 1024, disks: [{ name: "data", size: 5 }] },
      { name: "elsewhere", memory: 4096, hypervisor: "b" },
    ]);
    const { memoryMiB, disksGiB } = demandOn("a", view);
    assert.equal(memoryMiB, 512 + 1024);
    assert.equal(disksGiB, 10 + 2 + 2 + 5);
    const there = { inventory: { definition: "<domain/>" } } as GuestView;
    assert.equal(demandOn("a", { ...view, found: new Map([["lasting", there]]) }).disksGiB, 2 + 2 + 5);
  });

  it("is networks that the farm does not make, to be started only where all their guests may", () => {
    const on = (network: string) => ({ nics: [{ kind: "network", network }] });
    const { networks } = demandOn(
      "a",
      viewOf([
        { name: "one", ...on("ours") },
        { name: "two", ...on("lab"), startNetworks: true },
        { name: "three", ...on("lab") },
        { name: "four", ...on("office"), startNetworks: true },
      ]),
    );
    assert.deepEqual(networks, [
      { name: "lab", mayStart: false },
      { name: "office", mayStart: true },
    ]);
  });

  it("is bridges and devices of the host", () => {
    const { devices } = demandOn(
      "a",
      viewOf([
        { name: "one", nics: [{ kind: "bridge", bridge: "br0" }] },
        {
          name: "two",
          nics: [
            { kind: "bridge", bridge: "br0" },
            { kind: "macvtap", device: "eth1" },
          ],
        },
      ]),
    );
    assert.deepEqual(devices, ["br0", "eth1"]);
  });
});
