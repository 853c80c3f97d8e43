import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import { eventually, type StartedPulumi } from "../e2e/support/started-pulumi";
import { filesOf, logOf, newestRun, printed, stateOf, TINY, tinyFarm } from "../e2e/support/tiny-farm";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";
import { Link } from "./support/link";

/** Far longer than any test waits. */
const FOREVER = 86_399;
/** Longer than a lease once lasted without an answer, and shorter than it takes ssh to give a link up. */
const STALL_MS = 25_000;
const ORPHAN_SECONDS = "5";

describe("the link to a hypervisor", function () {
  this.timeout(600_000);
  const usual = process.env["GUEST_FARM_ORPHAN_TIMEOUT"];
  const farm = FarmUnderTest.fresh();
  let sshd: LoopbackSshd;
  let link: Link;

  before(async () => {
    process.env["GUEST_FARM_ORPHAN_TIMEOUT"] = ORPHAN_SECONDS;
    sshd = await startLoopbackSshd();
    link = await Link.open(sshd.port);
    farm.phase("init.yaml", { name: "make", run: "touch /root/made" });
    farm.phase("main.yaml", {
      name: "work",
      run: "echo main-has-begun; sleep ${{ vars.seconds }}; echo main-has-ended",
    });
    farm.phase("terminate.yaml", { name: "clean", run: "echo terminate-has-run" });
    mainTakes(0);
    await farm.init();
    succeeded(await farm.up());
  });
  after(async () => {
    await farm.remove();
    link.cut();
    await sshd.stop();
    if (usual === undefined) delete process.env["GUEST_FARM_ORPHAN_TIMEOUT"];
    else process.env["GUEST_FARM_ORPHAN_TIMEOUT"] = usual;
  });

  function mainTakes(seconds: number): void {
    const { identityFile, hostKey } = sshd;
    const { username: user } = userInfo();
    const connection = { type: "ssh", host: "127.0.0.1", port: link.port, user, identityFile, hostKey };
    const guest = { readiness: { timeout: 300 } };
    farm.farm(tinyFarm({ hypervisor: { connection }, guest, project: { vars: { seconds } } }));
  }

  async function startMain(seconds: number): Promise<StartedPulumi> {
    mainTakes(seconds);
    const before = newestRun(farm);
    const run = farm.start();
    await printed(farm, "main", "main-has-begun", before);
    return run;
  }

  async function nothingIsLeft(): Promise<void> {
    await eventually("the end of all processes of the run", () => farm.processes().length === 0);
    assert.equal(stateOf(farm), "shut off");
    assert.equal(existsSync(filesOf(farm).leaseHolder), false, "a lease is left");
  }

  it("that stalls for 25 s in main is waited for, and the run passes", async () => {
    const run = await startMain(1);
    link.stall();
    const end = Date.now() + STALL_MS;
    await eventually("the end of the stall", () => Date.now() > end);
    assert.equal(stateOf(farm), "running");
    link.resume();
    succeeded(await run.ended);
    assert.deepEqual(farm.acted(TINY), FROM_INIT);
    assert.match(logOf(farm, "main"), /main-has-ended/);
    await nothingIsLeft();
  });

  it("that breaks and comes back fails main, and terminate runs over a new one", async () => {
    const run = await startMain(FOREVER);
    link.cut();
    await link.mend();
    says(await run.ended, /main failed: .*no connection to /);
    assert.match(logOf(farm, "terminate"), /terminate-has-run/);
    assert.equal(farm.result(TINY).status, "failed");
    await nothingIsLeft();
  });

  it("that breaks for good leaves no guest on: the keeper of its lease powers it off", async () => {
    const run = await startMain(FOREVER);
    link.cut();
    await eventually("the power-off", () => stateOf(farm) === "shut off");
    assert.ok(
      farm.processes().some(({ argv }) => argv.includes("supervisor-main.js")),
      "it ended before",
    );
    await link.mend();
    says(await run.ended, /main failed: .*no connection to /);
    assert.equal(farm.result(TINY).status, "failed");
    await nothingIsLeft();
  });
});
