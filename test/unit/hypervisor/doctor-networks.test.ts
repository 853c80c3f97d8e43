import assert from "node:assert/strict";
import { bridgeOf, checkNetworkDelays, startDelay } from "../../../hypervisor/doctor/networks";
import { networkXml } from "../../../hypervisor/networks/network-xml";
import { fakeHost, refusal } from "./fake-host";
import { sampleDomain } from "./sample-domain";

/** Recorded from libvirt 9.0 of Debian 12. */
const DEFAULT = `<network connections='1'>
  <name>default</name>
  <uuid>dfb5eb9a-20f7-4b4c-9a0e-5fb1c12ba4d7</uuid>
  <forward mode='nat'>
    <nat>
      <port start='1024' end='65535'/>
    </nat>
  </forward>
  <bridge name='virbr0' stp='on' delay='0'/>
  <mac address='52:54:00:ad:60:e9'/>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
    </dhcp>
  </ip>
</network>`;
const HOSTS_BRIDGE =
  "<network><name>lan</name><forward mode='bridge'/><bridge name='br0' macTableManager='kernel'/></network>";
const MACVTAP =
  "<network><name>direct</name><forward dev='eth0' mode='bridge'><interface dev='eth0'/></forward></network>";
const SLOW = DEFAULT.replaceAll("default", "slow").replace("virbr0' stp='on' delay='0'", "virbr7' delay='5'");
const OURS = networkXml({
  hypervisor: sampleDomain().hypervisor,
  owner: { farm: "f1", stack: "s", guest: "network lab", version: "1" },
  name: "lab",
  mode: "nat",
  cidr: "192.168.50.0/24",
  bridge: "gf-lab",
  autostart: false,
  reservations: [],
});

const NETWORKS = { default: DEFAULT, lan: HOSTS_BRIDGE, direct: MACVTAP, slow: SLOW, lab: OURS };

function hypervisor(active: readonly (keyof typeof NETWORKS)[], kernel = "") {
  return fakeHost(([program, command, ...rest]) => {
    if (program === "sh") return kernel;
    if (command === "net-list") return (rest.includes("--all") ? Object.keys(NETWORKS) : active).join("\n");
    return command === "net-dumpxml" ? NETWORKS[rest.at(-1) as keyof typeof NETWORKS] : refusal("what?");
  });
}

describe("doctor's look at networks", () => {
  for (const [spanningTree, forwardDelay, seconds] of [
    [true, 0, 4],
    [true, 1, 4],
    [true, 2, 4],
    [true, 15, 30],
    [false, 15, 0],
    [false, 0, 0],
  ] as const) {
    it(`counts ${seconds} s with${spanningTree ? "" : "out"} spanning tree and a forward delay of ${forwardDelay} s`, () => {
      assert.equal(startDelay({ spanningTree, forwardDelay }), seconds);
    });
  }

  it("reads what libvirt leaves out as libvirt means it", () => {
    assert.deepEqual(bridgeOf("<network><bridge name='b'/></network>")?.settings, {
      spanningTree: true,
      forwardDelay: 0,
    });
    assert.equal(bridgeOf(MACVTAP), null);
    assert.equal(bridgeOf(HOSTS_BRIDGE)?.settings.spanningTree, false);
  });

  it("tells of every network what it costs; ours cost nothing", async () => {
    const checks = await checkNetworkDelays(hypervisor(["default", "lan", "slow", "lab"]));
    assert.deepEqual(
      checks.map(({ what, found, severity }) => [what, found, severity]),
      [
        ["network default, delay", "spanning tree: 4 s at each start of a guest", "warning"],
        ["network lan, delay", "no delay", "ok"],
        ["network slow, delay", "spanning tree: 10 s at each start of a guest", "warning"],
        ["network lab, delay", "no delay", "ok"],
      ],
    );
    assert.match(checks[2]?.remedy ?? "", /wait 10 s.*net-edit/);
  });

  it("believes the kernel more than the definition, for bridges of the host's own too", async () => {
    const checks = await checkNetworkDelays(hypervisor(["default", "lan"], "virbr0 0 0\nbr0 1 1500\n"));
    assert.deepEqual(
      checks.slice(0, 2).map(({ found }) => found),
      ["no delay", "spanning tree: 30 s at each start of a guest"],
    );
  });

  it("does not warn of a network that is off: it delays nobody", async () => {
    const [off] = await checkNetworkDelays(hypervisor([]));
    assert.deepEqual(
      [off?.found, off?.severity, off?.remedy],
      ["off; spanning tree: 4 s at each start of a guest", "ok", ""],
    );
  });

  it("says nothing where libvirt has no networks", async () => {
    assert.deepEqual(
      await checkNetworkDelays(fakeHost(() => refusal("not supported by the connection driver"))),
      [],
    );
    assert.deepEqual(await checkNetworkDelays(fakeHost(() => "\n")), []);
  });
});
