import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { succeeded } from "../e2e/support/outcomes";
import { domainOf, logOf, newestRun, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";

describe("a guest without a network card", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;

  before(async () => {
    farm = FarmUnderTest.fresh();
    farm.farm(
      tinyFarm({ guest: { connection: "agent", nics: [] }, project: { vars: { text: "it's $(data)" } } }),
    );
    farm.write(`stacks/${farm.stack}/phases/files/sent`, "from the controller\n");
    farm.phase("init.yaml", { name: "make", run: "echo made > /root/made" });
    farm.phase(
      "main.yaml",
      { name: "who", run: "echo $(id -un) sees $(ls /sys/class/net) of ${{ vars.text }}; cat /root/made" },
      { name: "other", run: "echo as $(id -un)", user: "nobody" },
      { copy: "files/sent", to: "/root/sent" },
      { name: "change", run: "tr a-z A-Z < /root/sent > /root/back" },
      { fetch: "/root/back" },
    );
    farm.phase("terminate.yaml", { name: "login", run: "echo ${{ guest.user }} has ended" });
    await farm.init();
  });
  after(() => farm.remove());

  const ran = () => {
    assert.match(logOf(farm, "main"), /^root sees lo of it's \$\(data\)\nmade$/m);
    assert.match(logOf(farm, "main"), /^as nobody$/m);
    assert.match(logOf(farm, "terminate"), /^root has ended$/m);
    const back = join(newestRun(farm) ?? "", "artifacts", "back");
    assert.equal(readFileSync(back, "utf8"), "FROM THE CONTROLLER\n");
  };

  it("runs commands, gets and gives files through its agent", async () => {
    succeeded(await farm.up());
    assert.doesNotMatch(virsh("dumpxml", domainOf(farm)), /<interface|netdev/);
    ran();
  });

  it("does so again from the init snapshot's memory", async () => {
    succeeded(await farm.up());
    const { cache, resumed, warnings } = farm.result(TINY);
    assert.deepEqual([cache, resumed, warnings], ["hit", "memory", []]);
    ran();
  });
});
