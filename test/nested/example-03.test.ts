import assert from "node:assert/strict";
import type { FarmUnderTest } from "../e2e/support/farm-under-test";
import { FROM_INIT, plannedChanges, says, succeeded } from "../e2e/support/outcomes";
import { stateOf } from "../e2e/support/tiny-farm";
import { eventually } from "../e2e/support/started-pulumi";
import { readyStack } from "../e2e/support/ready-stack";

const HOST = "debian_vs-amd64";
const GUESTS = ["debian_vs_user-amd64", "debian_vs_vde-amd64"];

/** Each step builds on the one before: where one fails, the others are not tried. */
describe("ready stack example-03, guests in a guest", function () {
  let farm: FarmUnderTest;
  const cleanUps: (() => Promise<void>)[] = [];

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    farm = await readyStack("example-03");
    cleanUps.push(() => farm.remove());
  });
  after(async () => {
    for (const cleanUp of cleanUps) await cleanUp();
  });

  /** By the process on the hypervisor below that outlives the update. */
  const hostIsOff = () => eventually("the hypervisor is off", () => stateOf(farm, HOST) === "shut off");
  const runsOf = (guest: string) => farm.result(guest).runId;

  it("sets the hypervisor up, makes guests in it, greets from each, and leaves all off", async () => {
    says(await farm.preview(), /hypervisor "L1-hypervisor" is a guest, and is only asked when it is needed/);
    succeeded(await farm.up("--continue-on-error"));
    assert.equal(farm.result(HOST).status, "passed");
    for (const guest of GUESTS) {
      const { status, error } = farm.result(guest);
      assert.equal(status, "passed", `${guest}: ${error ?? ""}`);
      assert.match(farm.kept(guest, "main.log"), /^Hello World, from a VM$/m);
      assert.match(farm.kept(guest, "main.log"), /lives on L1-hypervisor/);
    }
    assert.match(farm.kept(GUESTS[1] ?? "", "main.log"), /10\.0\.0\.21\/24/);
    await hostIsOff();
  });

  it("refreshes and previews without starting anything", async () => {
    succeeded(await farm.refresh());
    const preview = succeeded(await farm.preview());
    says(preview, `${HOST}: unchanged since its last run`);
    const commands = GUESTS.map((guest) => [`${guest}-lifecycle`, "update"]);
    assert.deepEqual(plannedChanges(preview), Object.fromEntries(commands));
    assert.equal(stateOf(farm, HOST), "shut off");
  });

  it("only starts the hypervisor in the second run, and finds its guests' init snapshots in it", async () => {
    const before = runsOf(HOST);
    succeeded(await farm.up("--continue-on-error"));
    assert.equal(runsOf(HOST), before);
    for (const guest of GUESTS) {
      assert.equal(farm.result(guest).cache, "hit");
      assert.deepEqual(
        farm.acted(guest),
        FROM_INIT.filter((phase) => phase !== "terminate"),
      );
      assert.match(farm.kept(guest, "main.log"), /^Hello World, from a VM$/m);
    }
    await hostIsOff();
  });

  it("is destroyed from the leaves up", async () => {
    const run = succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.doesNotMatch(run.output, /error:/);
    assert.equal(stateOf(farm, HOST), "missing");
  });
});
