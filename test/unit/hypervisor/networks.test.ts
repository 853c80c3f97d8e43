import assert from "node:assert/strict";
import { UserError } from "../../../definitions/user-error";
import { bridgeName, isInside, networkAddresses } from "../../../hypervisor/networks/addresses";
import { diffNetwork } from "../../../hypervisor/networks/diff";
import { networkXml, readNetworkXml } from "../../../hypervisor/networks/network-xml";
import type { NetworkSpec } from "../../../hypervisor/networks/spec";
import { sampleDomain } from "./sample-domain";

const spec: NetworkSpec = {
  hypervisor: sampleDomain().hypervisor,
  owner: { farm: "f1", stack: "s", guest: "network lan", version: "1" },
  name: "lan",
  mode: "nat",
  cidr: "192.168.50.0/24",
  autostart: true,
  reservations: [{ mac: "52:54:00:00:00:01", address: "192.168.50.9", name: "web" }],
};

describe("network addresses", () => {
  for (const [cidr, gateway, first, last] of [
    ["192.168.50.0/24", "192.168.50.1", "192.168.50.2", "192.168.50.254"],
    ["192.168.50.254/24", "192.168.50.254", "192.168.50.1", "192.168.50.254"],
    ["10.0.0.8/29", "10.0.0.9", "10.0.0.10", "10.0.0.14"],
    ["10.0.0.0/8", "10.0.0.1", "10.0.0.2", "10.1.0.0"],
    ["255.255.255.0/24", "255.255.255.1", "255.255.255.2", "255.255.255.254"],
  ] as const) {
    it(`of ${cidr}`, () => {
      const { range, ...rest } = networkAddresses(cidr);
      assert.deepEqual([rest.gateway, range.first, range.last], [gateway, first, last]);
    });
  }

  for (const cidr of ["", "10.0.0.0", "10.0.0.0/30", "10.0.0.0/7", "10.0.256.0/24", "fd00::/64", "lan"]) {
    it(`refuse ${JSON.stringify(cidr)}`, () => {
      assert.throws(() => networkAddresses(cidr), UserError);
    });
  }

  it("know which addresses a guest can have", () => {
    const addresses = networkAddresses("10.0.0.8/29");
    const inside = (address: string) => isInside(address, addresses);
    assert.ok(inside("10.0.0.10") && inside("10.0.0.14"));
    for (const no of ["10.0.0.8", "10.0.0.9", "10.0.0.15", "10.0.0.16", "10.1.0.10"]) assert.ok(!inside(no));
  });
});

describe("networks", () => {
  it("have no spanning tree, our mark, and read back as they are", () => {
    const xml = networkXml({ ...spec, domain: "farm.test" });
    assert.match(xml, /stp="off" delay="0"/);
    const { uuid, ...read } = readNetworkXml(xml);
    assert.equal(uuid, "");
    assert.deepEqual(read, {
      owner: spec.owner,
      mode: "nat",
      gateway: "192.168.50.1/24",
      bridge: bridgeName(spec),
      domain: "farm.test",
      reservations: spec.reservations,
    });
  });

  it("are read with a netmask too", () => {
    const xml = "<network><name>n</name><ip address='10.0.0.1' netmask='255.255.240.0'/></network>";
    assert.equal(readNetworkXml(xml).gateway, "10.0.0.1/20");
  });

  it("refuse reserved addresses outside, all at once", () => {
    const reservations = ["192.168.51.9", "192.168.50.1"].map((address) => ({ mac: "m", address }));
    assert.throws(
      () => networkXml({ ...spec, reservations }),
      (error: unknown) => error instanceof UserError && error.mistakes.length === 2,
    );
  });

  it("have bridges with names that the kernel takes, different for each farm", () => {
    const other = bridgeName({ ...spec, owner: { ...spec.owner, farm: "f2" } });
    assert.match(bridgeName(spec), /^gf-[0-9a-f]{10}$/);
    assert.notEqual(bridgeName(spec), other);
    assert.equal(bridgeName({ ...spec, bridge: "br-mine" }), "br-mine");
  });

  const changes: readonly [string, Partial<NetworkSpec>, string][] = [
    ["reservations", { reservations: [] }, "in place"],
    ["autostart", { autostart: false }, "in place"],
    ["cidr", { cidr: "10.0.0.0/24" }, "replace"],
    ["mode", { mode: "isolated" }, "replace"],
    ["name", { name: "wan" }, "replace"],
    ["farm", { owner: { ...spec.owner, farm: "f2" } }, "replace"],
  ];
  for (const [what, change, effect] of changes) {
    it(`change ${what} ${effect}`, () => {
      const diff = diffNetwork(spec, { ...spec, ...change });
      assert.deepEqual(
        diff.changes.map((each) => each.effect),
        [effect],
      );
      assert.equal(diff.deleteBeforeReplace, effect === "replace" && what !== "name");
    });
  }
});
