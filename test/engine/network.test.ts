import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { UserError } from "../../definitions/user-error";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import { bridgeName } from "../../hypervisor/networks/addresses";
import { createNetwork, deleteNetwork, readNetwork, updateNetwork } from "../../hypervisor/networks/networks";
import type { NetworkSpec } from "../../hypervisor/networks/spec";

describe("networks on a real libvirt", function () {
  this.timeout(60_000);
  let host: HypervisorHost;
  const names: string[] = [];

  before(() => {
    host = openHypervisor({
      name: "test",
      uri: process.env["GUEST_FARM_TEST_URI"] ?? "qemu:///system",
      connection: { type: "local" },
      diskPoolPath: "/nowhere",
      imageCachePath: "/nowhere",
    });
  });

  afterEach(async () => {
    for (const name of names.splice(0)) {
      await host.tryVirsh(["net-destroy", name]);
      await host.tryVirsh(["net-undefine", name]);
    }
  });

  after(() => host.close());

  function spec(changes: Partial<NetworkSpec> = {}): NetworkSpec {
    const name = changes.name ?? `guest-farm-test-${randomBytes(4).toString("hex")}`;
    names.push(name);
    return {
      hypervisor: host.spec,
      owner: { farm: "farm-a", stack: "test", guest: `network ${name}`, version: "0.1.0" },
      mode: "isolated",
      cidr: "10.213.77.0/24",
      autostart: true,
      reservations: [{ mac: "52:54:00:aa:00:01", address: "10.213.77.10", name: "web" }],
      ...changes,
      name,
    };
  }

  const dump = ({ name }: NetworkSpec) => host.virsh(["net-dumpxml", "--network", name]);

  it("are defined, marked, started, without spanning tree, with an address for each card", async () => {
    const wanted = spec({ domain: "farm.test" });
    await createNetwork(host, wanted);
    assert.deepEqual((await readNetwork(host, wanted))?.spec, wanted);
    const xml = await dump(wanted);
    assert.match(xml, /<bridge name='gf-[0-9a-f]{10}' stp='off' delay='0'\/>/);
    assert.match(xml, /<host mac='52:54:00:aa:00:01' name='web' ip='10.213.77.10'\/>/);
    const stp = `/sys/class/net/${bridgeName(wanted)}/bridge/stp_state`;
    assert.equal((await host.files.read(stp))?.trim(), "0");
  });

  it("change reservations while they run, an address passing from card to card", async () => {
    const before = spec();
    const { uuid } = await createNetwork(host, before);
    const after: NetworkSpec = {
      ...before,
      autostart: false,
      reservations: [
        { mac: "52:54:00:aa:00:02", address: "10.213.77.10", name: "web" },
        { mac: "52:54:00:aa:00:01", address: "10.213.77.11" },
      ],
    };
    assert.deepEqual(await updateNetwork(host, before, after), { uuid });
    assert.deepEqual((await readNetwork(host, after))?.spec, after);
    assert.match(await dump(after), /aa:00:02' name='web' ip='10.213.77.10'/);
  });

  it("are started again and renewed when they were stopped behind our back", async () => {
    const wanted = spec();
    await createNetwork(host, wanted);
    await host.virsh(["net-destroy", wanted.name]);
    assert.notDeepEqual((await readNetwork(host, wanted))?.spec, wanted);
    await updateNetwork(host, wanted, wanted);
    assert.deepEqual((await readNetwork(host, wanted))?.spec, wanted);
  });

  it("with our mark are adopted under their UUID, even with other addresses", async () => {
    const first = spec();
    const { uuid } = await createNetwork(host, first);
    const wanted: NetworkSpec = { ...first, cidr: "10.213.78.1/25", reservations: [] };
    assert.deepEqual(await createNetwork(host, wanted), { uuid });
    assert.deepEqual((await readNetwork(host, wanted))?.spec, wanted);
  });

  it("of others are refused, not read, not removed", async () => {
    const theirs = spec();
    await createNetwork(host, theirs);
    const ours = { ...theirs, owner: { ...theirs.owner, farm: "farm-b" } };
    await assert.rejects(createNetwork(host, ours), UserError);
    assert.equal(await readNetwork(host, ours), null);
    await deleteNetwork(host, ours);
    assert.deepEqual((await readNetwork(host, theirs))?.spec, theirs);
  });

  it("leave nothing behind when their addresses are in use", async () => {
    await createNetwork(host, spec());
    const second = spec();
    await assert.rejects(createNetwork(host, second), (error: unknown) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /10\.213\.77\.0\/24/);
      return true;
    });
    assert.equal(await readNetwork(host, second), null);
  });

  it("are removed, running or not, and again", async () => {
    const running = spec();
    await createNetwork(host, running);
    await deleteNetwork(host, running);
    await deleteNetwork(host, running);
    await createNetwork(host, running);
    await host.virsh(["net-destroy", running.name]);
    await deleteNetwork(host, running);
    assert.ok(!(await host.virsh(["net-list", "--all", "--name"])).includes(running.name));
  });

  describe("from the user's template", () => {
    const TEMPLATE = `<network>
  <name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}}
  <forward mode="nat"/>
  <bridge name="{{bridge}}" stp="off" delay="0"/>
  <dns><txt name="farm" value="mine"/></dns>
  <ip address="10.213.79.1" prefix="24"><dhcp>
    <range start="10.213.79.100" end="10.213.79.120"/>
    <host mac="52:54:00:bb:00:01" ip="10.213.79.50"/>
    {{reservations}}
  </dhcp></ip>
</network>`;
    const first = [{ mac: "52:54:00:aa:00:01", address: "10.213.79.10", name: "web" }];
    const own = (template = TEMPLATE, reservations: NetworkSpec["reservations"] = first) =>
      spec({ mode: "template", cidr: undefined, template, reservations });

    it("are what it says, marked and started", async () => {
      const wanted = own();
      const { uuid } = await createNetwork(host, wanted);
      assert.deepEqual(await readNetwork(host, wanted), { uuid, spec: wanted });
      const xml = await dump(wanted);
      assert.match(xml, /<txt name='farm' value='mine'\/>/);
      assert.match(xml, /<host mac='52:54:00:aa:00:01' name='web' ip='10.213.79.10'\/>/);
      await deleteNetwork(host, wanted);
      assert.equal(await readNetwork(host, wanted), null);
    });

    it("change our reservations while they run, and leave the user's", async () => {
      const before = own();
      const { uuid } = await createNetwork(host, before);
      const after = { ...before, reservations: [{ mac: "52:54:00:aa:00:02", address: "10.213.79.10" }] };
      assert.deepEqual(await updateNetwork(host, before, after), { uuid });
      assert.deepEqual((await readNetwork(host, after))?.spec, after);
      const hosts = [...(await dump(after)).matchAll(/<host mac='52:54:00:(\w\w:\w\w:\w\w)'/g)];
      assert.deepEqual(hosts.map(([, mac]) => mac).sort(), ["aa:00:02", "bb:00:01"]);
      await deleteNetwork(host, after);
    });

    it("are made anew when it changes, under their UUID", async () => {
      const before = own();
      const { uuid } = await createNetwork(host, before);
      const after = { ...before, template: TEMPLATE.replace("mine", "ours") };
      assert.deepEqual(await createNetwork(host, after), { uuid });
      assert.match(await dump(after), /value='ours'/);
      await deleteNetwork(host, after);
    });

    it("are refused by libvirt's schema, with what it says, and leave nothing behind", async () => {
      const wrong = own(TEMPLATE.replace("<forward", "<foreward"));
      await assert.rejects(createNetwork(host, wrong), (error: unknown) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, /template of network[^]*foreward|does not validate/);
        return true;
      });
      assert.equal(await readNetwork(host, wrong), null);
    });

    it("are refused when they would be networks of another name, and none is made", async () => {
      const wanted = own(TEMPLATE.replace("<name>{{name}}", "<name>{{name}}-2"));
      await assert.rejects(createNetwork(host, wanted), /needs <name>\{\{name\}\}<\/name>/);
      const all = await host.virsh(["net-list", "--all", "--name"]);
      assert.ok(!all.includes(wanted.name), all);
    });

    it("are refused when guests have addresses and it has no place for them", async () => {
      await assert.rejects(
        createNetwork(host, own(TEMPLATE.replace("{{reservations}}", ""))),
        /10\.213\.79\.10/,
      );
    });
  });

  it("that exist are started, and neither changed nor removed", async () => {
    const theirs = spec();
    await createNetwork(host, theirs);
    await host.virsh(["net-destroy", theirs.name]);
    const used: NetworkSpec = { ...theirs, owner: { ...theirs.owner, farm: "farm-b" }, mode: "existing" };
    await createNetwork(host, used);
    await deleteNetwork(host, used);
    assert.deepEqual((await readNetwork(host, theirs))?.spec, theirs);
    await assert.rejects(createNetwork(host, spec({ mode: "existing" })), /has no network/);
  });
});
