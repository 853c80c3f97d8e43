import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says, succeeded } from "../e2e/support/outcomes";
import { filesOf, logOf, newestRun, stateOf, TINY, tinyFarm } from "../e2e/support/tiny-farm";

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
