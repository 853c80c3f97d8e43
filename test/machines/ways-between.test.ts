import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { guestFarm } from "../e2e/support/guest-farm-cli";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { stateOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";

const STAYS_ON = ["startup", "restore init", "create init", "restore clean", "create clean", "init", "main"];
const RANGE = `192.168.${100 + Math.floor(Math.random() * 100)}`;

/** Another address than that which the guest gets, for its card: as if another machine had had it before. */
const tiny = (change: Record<string, unknown>) => ({
  platform: "tiny",
  target: "amd64",
  readiness: { timeout: 300 },
  ...change,
});

describe("a guest whose address nobody has reserved", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const network = `${farm.stack}-net`;
  before(async () => {
    farm.farm({
      ...tinyFarm({
        guest: { readiness: { timeout: 300 }, nics: [{ kind: "network", network }], allowedPhases: STAYS_ON },
      }),
      networks: { [network]: { mode: "isolated", cidr: `${RANGE}.0/24` } },
    });
    farm.phase("main.yaml", { name: "look", run: "ip -4 -o addr show scope global" });
    await farm.init();
  });
  after(() => farm.remove());

  it("is found by its lease, and its phases run there", async () => {
    succeeded(await farm.up());
    assert.match(farm.kept(TINY, "main.log"), new RegExp(`${RANGE.replaceAll(".", "\\.")}\\.\\d+/24`));
    assert.doesNotMatch(virsh("net-dumpxml", network), /<host /);
  });

  it("is found by guest-farm ssh as well", async () => {
    says(succeeded(await guestFarm(farm, "ssh", "--stack", farm.stack, TINY, "hostname")), TINY);
  });
});

describe("a guest that is only reached over its sibling", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const socket = `vxvde://234.${10 + Math.floor(Math.random() * 200)}.0.1`;
  before(async () => {
    const gate = tiny({
      name: "gate",
      allowedPhases: STAYS_ON,
      nics: [
        { kind: "user", forwards: [22] },
        { kind: "vde", socket, address: "10.77.0.1/24" },
      ],
    });
    const hidden = tiny({
      name: "hidden",
      allowedPhases: STAYS_ON,
      connection: { type: "ssh", jump: [{ guest: "gate" }] },
      nics: [{ kind: "vde", socket, address: "10.77.0.2/24" }],
    });
    farm.farm({ ...tinyFarm(), guests: { list: [hidden, gate] } });
    farm.phase("main.yaml", {
      name: "greet",
      run: "echo Hello World, from $(hostname); ip -4 -o addr show scope global",
    });
    await farm.init();
  });
  after(() => farm.remove());

  it("runs its phases through it", async () => {
    succeeded(await farm.up());
    assert.match(farm.kept("hidden", "main.log"), /Hello World, from hidden\n/);
    assert.match(farm.kept("hidden", "main.log"), /10\.77\.0\.2\/24/);
    assert.equal(stateOf(farm, "hidden"), "running");
  });

  it("is reached by guest-farm ssh through the same chain", async () => {
    says(succeeded(await guestFarm(farm, "ssh", "--stack", farm.stack, "hidden", "hostname")), /^hidden$/m);
  });
});

describe("a guest whose port somebody else has", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const server = createServer();
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await farm.init();
  });
  after(async () => {
    server.close();
    await farm.remove();
  });

  it("is not started; the message names the holder, and what else is wrong with its networks", async () => {
    const address = server.address();
    const port = typeof address === "object" ? (address?.port ?? 0) : 0;
    const nics = [
      { kind: "user", forwards: [{ guestPort: 22, hostPort: port }] },
      { kind: "network", network: "no-such-net" },
      { kind: "bridge", bridge: "no-such-br" },
    ];
    farm.farm(tinyFarm({ guest: { nics } }));
    farm.phase("main.yaml", { name: "never", run: "true" });
    says(
      failed(await farm.up()),
      new RegExp(`port ${port} of hypervisor "local"`),
      `(pid ${process.pid})`,
      'no network "no-such-net"',
      'no bridge "no-such-br"',
    );
    assert.equal(stateOf(farm), "shut off");
  });
});
