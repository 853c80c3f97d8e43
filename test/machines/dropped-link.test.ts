import assert from "node:assert/strict";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, says } from "../e2e/support/outcomes";
import { domainOf, newestRun, printed, stateOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";

/** Ends every session of the guest's SSH server, its own among them; the server goes on listening. */
const DROP_SESSIONS = `echo under way
server=$(cat /var/run/dropbear.pid)
for pid in $(pidof dropbear); do [ "$pid" = "$server" ] || kill -9 "$pid"; done
sleep 600`;

describe("a link into a guest that drops in the middle of a phase", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  before(async () => {
    farm.farm(tinyFarm({ guest: { memory: 256 } }));
    farm.phase("terminate.yaml", { name: "say", run: "echo terminate was here" });
    await farm.init();
  });
  after(() => farm.remove());

  const phase = (name: string) => farm.result(TINY).phases.find((each) => each.name === name);
  const nothingLeft = () => {
    assert.equal(stateOf(farm), "shut off");
    assert.deepEqual(
      farm.processes().map(({ argv }) => argv),
      [],
    );
  };

  it("fails the phase, says so, and terminates over a new link", async () => {
    farm.phase("main.yaml", { name: "work", run: DROP_SESSIONS });
    says(failed(await farm.up()), /main failed: work .*no connection to .*the link broke/);
    const { status } = farm.result(TINY);
    assert.deepEqual(
      [status, phase("main")?.status, phase("terminate")?.status],
      ["failed", "failed", "passed"],
    );
    assert.match(farm.kept(TINY, "terminate.log"), /terminate was here/);
    nothingLeft();
  });

  it("is noticed when the guest no longer answers, which is then powered off", async () => {
    farm.phase("main.yaml", { name: "work", run: "echo under way; sleep 600" });
    const before = newestRun(farm);
    const up = farm.up();
    await printed(farm, "main", "under way", before);
    virsh("suspend", domainOf(farm));
    says(failed(await up), /main failed: work .*no connection to /);
    assert.deepEqual([phase("main")?.status, phase("terminate")?.status], ["failed", "skipped"]);
    assert.match(phase("terminate")?.reason ?? "", /answer|reach/);
    nothingLeft();
  });
});
