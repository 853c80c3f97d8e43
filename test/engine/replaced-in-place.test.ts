import assert from "node:assert/strict";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { deleteNetwork } from "../../hypervisor/networks/networks";
import type { NetworkSpec } from "../../hypervisor/networks/spec";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { says, succeeded } from "../e2e/support/outcomes";
import { HaltingGuests } from "../support/halting-guests";

/** Resources by the names and with the options that a test gives them. */
const PROGRAM = `
const { join } = require("node:path");
const dist = (path) => require(join(__dirname, "node_modules/guest-farm/dist/providers", path));
const { Domain } = dist("domain.js");
const { Network } = dist("network.js");
const { domain, network, names, options } = JSON.parse(require("node:fs").readFileSync(join(__dirname, "spec.json"), "utf8"));
module.exports = () => {
  new Domain(names.domain, domain, options);
  new Network(names.network, network, options);
};
`;

describe("a resource that is made anew while the object of its name is there", function () {
  this.timeout(300_000);
  const farm = FarmUnderTest.fresh();
  let guests: HaltingGuests;
  let domain: DomainSpec;
  let network: NetworkSpec;
  let names = { domain: "web", network: "lan" };

  const write = (options: object = {}) =>
    farm.write("spec.json", JSON.stringify({ domain, network, names, options }));
  const urnOf = async (type: string) => {
    const { output } = succeeded(await farm.pulumi("stack", "-s", farm.stack, "--show-urns"));
    return new RegExp(`urn:\\S+guest-farm:${type}::\\S+`).exec(output)?.[0] ?? "";
  };
  const io = async (command: string) =>
    guests.run("qemu-io", "-f", "qcow2", "-c", command, await guests.rootDisk(domain));
  const uuids = async () => [
    (await guests.host.virsh(["domuuid", domain.name])).trim(),
    (await guests.host.virsh(["net-uuid", network.name])).trim(),
  ];
  /** Domain with its disk, and network, are there, and the state says so. */
  const allThere = async () => {
    await io("read -P 109 1M 4k");
    assert.match(await guests.host.virsh(["net-info", network.name]), /Active:\s+yes/);
    const { output } = succeeded(await farm.up("--refresh", "--expect-no-changes"));
    assert.doesNotMatch(output, /deleted|created|updated/);
  };

  before(async () => {
    guests = await HaltingGuests.open();
    domain = guests.spec({ keepRunning: true });
    network = {
      hypervisor: guests.host.spec,
      owner: { ...domain.owner, guest: "network" },
      name: `${domain.name}-net`,
      mode: "isolated",
      cidr: "10.231.77.0/24",
      autostart: false,
      reservations: [],
    };
    farm.write("index.js", PROGRAM);
    write();
    await farm.init();
    succeeded(await farm.up());
    await io("write -P 109 1M 4k");
  });
  after(async () => {
    await farm.remove();
    await deleteNetwork(guests.host, network);
    await guests.clear();
    await guests.close();
  });

  it("`up --replace`: it is made anew, with what was on its disk", async () => {
    const before = await uuids();
    const [one, other] = [await urnOf("Domain"), await urnOf("Network")];
    succeeded(await farm.up("--replace", one, "--replace", other));
    assert.equal(new Set([...before, ...(await uuids())]).size, 4, "both are others than before");
    await allThere();
  });

  it("`state taint`: the same", async () => {
    const before = await uuids();
    for (const type of ["Domain", "Network"])
      succeeded(await farm.pulumi("state", "taint", "-s", farm.stack, "--yes", await urnOf(type)));
    succeeded(await farm.up());
    assert.equal(new Set([...before, ...(await uuids())]).size, 4, "both are others than before");
    await allThere();
  });

  it("another name in the program: the new resource takes it over, and nothing is removed", async () => {
    const before = await uuids();
    names = { domain: "renamed", network: "renamed-lan" };
    write();
    says(succeeded(await farm.up()), "renamed", "deleted");
    assert.deepEqual(await uuids(), before);
    await allThere();
  });

  it("made before the old one is deleted, by the program's own wish: nothing is removed", async () => {
    const before = await uuids();
    write({ deleteBeforeReplace: false });
    const [one, other] = [await urnOf("Domain"), await urnOf("Network")];
    succeeded(await farm.up("--replace", one, "--replace", other));
    assert.deepEqual(await uuids(), before);
    write();
    await allThere();
  });

  it("another name of its hypervisor: it stays where it is", async () => {
    const hypervisor = { ...domain.hypervisor, name: "by another name" };
    domain = { ...domain, hypervisor };
    network = { ...network, hypervisor };
    write();
    succeeded(await farm.up());
    await allThere();
  });

  it("goes when the stack does", async () => {
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.ok(!(await guests.isDefined(domain)));
    assert.doesNotMatch(await guests.host.virsh(["net-list", "--all", "--name"]), new RegExp(network.name));
  });
});
