import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { guestFarm, run, startGuestFarm } from "../e2e/support/guest-farm-cli";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { domainOf, stateOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";

const STAYS_ON = ["startup", "restore init", "create init", "restore clean", "create clean", "init", "main"];
const RANGE = `192.168.${100 + Math.floor(Math.random() * 100)}`;

/** A minimal guest of its own name and cards. */
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

describe("a guest whose old address another machine has got", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const network = `${farm.stack}-net`;
  const range = `192.168.${200 + Math.floor(Math.random() * 50)}`;
  const taken = `${range}.253`;
  const bridge = () => /bridge name='([^']+)'/.exec(virsh("net-dumpxml", network))?.[1] ?? "";
  let stranger: LoopbackSshd | undefined;

  before(async () => {
    farm.farm({
      ...tinyFarm({
        guest: { readiness: { timeout: 300 }, nics: [{ kind: "network", network }], allowedPhases: STAYS_ON },
      }),
      networks: {
        [network]: { mode: "isolated", cidr: `${range}.0/24` },
      },
    });
    farm.phase("main.yaml", { name: "look", run: "echo ran on $(hostname)" });
    await farm.init();
    succeeded(await farm.up());
    // Another machine at the address of an old lease of the guest's card; libvirt tells that lease first.
    execFileSync("ip", ["address", "add", `${taken}/24`, "dev", bridge()]);
    stranger = await startLoopbackSshd([], 22, taken);
    const file = `/var/lib/libvirt/dnsmasq/${bridge()}.status`;
    const leases = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>[];
    const old = { ...leases[0], "ip-address": taken, "expiry-time": Math.floor(Date.now() / 1000) + 3600 };
    writeFileSync(file, JSON.stringify([old, ...leases]));
  });
  after(async () => {
    await stranger?.stop();
    await farm.remove();
  });

  it("is told to be at both by libvirt", () => {
    const leases = virsh("domifaddr", domainOf(farm), "--source", "lease");
    const told = [...leases.matchAll(/ipv4 +(\S+)\/\d+/g)].map(([, address]) => address);
    assert.equal(told.length, 2, leases);
    assert.equal(told[0], taken);
  });

  it("is found by its host key all the same, by people and by its phases", async () => {
    says(succeeded(await guestFarm(farm, "ssh", "--stack", farm.stack, TINY, "hostname")), TINY);
    succeeded(await farm.up());
    assert.match(farm.kept(TINY, "main.log"), new RegExp(`ran on ${TINY}`));
  });
});

describe("a guest that is only reached over its sibling", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const socket = `vxvde://234.${10 + Math.floor(Math.random() * 200)}.0.1`;
  before(async () => {
    const gate = tiny({
      name: "gate",
      // Its port is forwarded to the controller itself.
      connection: { type: "ssh", jump: false },
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

  it("gets files and folders through it, and gives them back", async () => {
    farm.write("tree/deep/file.txt", "there and back\n");
    const cp = (from: string, to: string) => guestFarm(farm, "cp", "--stack", farm.stack, from, to);
    succeeded(await cp("tree", "hidden:/root/tree"));
    succeeded(await cp("hidden:/root/tree/deep/file.txt", "back.txt"));
    assert.equal(readFileSync(join(farm.folder, "back.txt"), "utf8"), "there and back\n");
    succeeded(await cp("hidden:/root/tree", "back"));
    assert.equal(readFileSync(join(farm.folder, "back", "deep", "file.txt"), "utf8"), "there and back\n");
  });

  it("is reached by plain ssh with the farm's configuration, and by scp", async () => {
    const config = join(farm.folder, ".guest-farm", farm.stack, "ssh_config");
    const agent = await startGuestFarm(farm, "ssh-agent", "--stack", farm.stack);
    try {
      const plain = ["-F", config, "-o", "BatchMode=yes"];
      says(succeeded(await run(farm, "ssh", [...plain, "hidden", "hostname"])), /^hidden$/m);
      succeeded(await run(farm, "scp", [...plain, "hidden:/etc/hostname", "scp.txt"]));
      assert.equal(readFileSync(join(farm.folder, "scp.txt"), "utf8"), "hidden\n");
    } finally {
      agent.kill("SIGINT");
      await once(agent, "close");
    }
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
