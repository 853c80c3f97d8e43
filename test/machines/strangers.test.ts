import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { domainOf, filesOf, logOf, newestRun, stateOf, TINY, tinyFarm } from "../e2e/support/tiny-farm";

/** What a machine does that somebody has put in the guest's place: it shows a key of its own. */
const ANOTHER_KEY = `
key=/etc/dropbear/dropbear_ed25519_host_key
rm $key && dropbearkey -t ed25519 -f $key >/dev/null 2>&1
kill $(cat /var/run/dropbear.pid)
`;

describe("a guest whose place somebody else has taken", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  let stranger: Server;
  let port: number;

  before(async () => {
    stranger = createServer((socket) => socket.end("hello\n"));
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    ({ port } = stranger.address() as AddressInfo);
    farm = FarmUnderTest.fresh();
    farm.farm(
      tinyFarm({ guest: { nics: [{ kind: "user", forwards: [{ guestPort: 22, hostPort: port }] }] } }),
    );
    farm.phase("init.yaml", { name: "turn", run: ANOTHER_KEY });
    farm.phase("main.yaml", { name: "main", run: "echo main" });
    await farm.init();
  });
  after(async () => {
    stranger.close();
    await farm.remove();
  });

  const nothingLeft = () => {
    assert.equal(stateOf(farm), "shut off");
    assert.equal(existsSync(filesOf(farm).leaseHolder), false);
    assert.deepEqual(
      farm.processes().map(({ argv }) => argv),
      [],
    );
  };

  it("says which port is in use, and by whom", async () => {
    says(
      failed(await farm.up()),
      `port ${port} of hypervisor "local", which is to lead to port 22 of the guest, is taken`,
      `node (pid ${process.pid}) listens on 127.0.0.1:${port}`,
    );
    assert.equal(farm.result(TINY).status, "failed");
    nothingLeft();
    await new Promise((resolve) => stranger.close(resolve));
  });

  it("is not let near a machine that shows another host key, and is switched off", async () => {
    succeeded(await farm.up());
    const run = failed(await farm.up());
    says(run, /host key/i);
    assert.equal(farm.result(TINY).status, "failed");
    assert.equal(logOf(farm, "main"), "");
    const log = readFileSync(join(newestRun(farm) ?? "", "run.log"), "utf8");
    assert.equal(log.match(/a login at/g)?.length, 1, log);
    nothingLeft();
  });
});

describe("a guest that looks at what its hypervisor serves", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  const servers: Server[] = [];
  const listening = async (port: number, answer: () => string): Promise<number> => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end(answer());
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  /** Ports of this machine's loopback at this moment: during an update, the engine's and its plugins' too. */
  const openPorts = () =>
    execFileSync("ss", ["-Hltn"], { encoding: "utf8" })
      .split("\n")
      .flatMap((line) => /(?:127\.0\.0\.1|0\.0\.0\.0|\*):(\d+)\s/.exec(line)?.[1] ?? []);

  before(async () => {
    farm = FarmUnderTest.fresh();
    await farm.init();
  });
  after(async () => {
    servers.forEach((server) => server.close());
    await farm.remove();
  });

  it("reaches no port of it during an update but those that the farm file opens", async () => {
    const secret = await listening(0, () => "secret\n");
    const mirror = await listening(0, () => `${openPorts().join(" ")}\n`);
    farm.farm(tinyFarm({ hypervisor: { hostAccess: [mirror] } }));
    farm.phase("main.yaml", {
      name: "scan",
      run: `
ports=$(nc -w 20 10.0.2.2 ${mirror} < /dev/null) && [ -n "$ports" ] || exit 1
echo "seen: $ports"
for port in $ports; do
  [ "$port" = ${mirror} ] && continue
  nc -w 3 10.0.2.2 "$port" < /dev/null > /dev/null 2>&1 && echo "reached $port"
done
echo scanned
`,
    });
    succeeded(await farm.up());
    const log = logOf(farm, "main");
    // The service of this test and at least one port of the engine were among those that were tried.
    const tried = /^seen: (.*)$/m.exec(log)?.[1]?.split(" ") ?? [];
    assert.ok(tried.includes(String(secret)) && tried.length > 4, log);
    assert.match(log, /^scanned$/m);
    assert.doesNotMatch(log, /^reached /m);
  });

  it("leaves no rule behind when the farm is gone", async () => {
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(existsSync(join("/run/guest-farm/firewall", domainOf(farm))), false);
  });
});
