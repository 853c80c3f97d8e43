import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { convert } from "xmlbuilder2";
import { demoFarm } from "./support/demo-farm";
import { FarmUnderTest } from "./support/farm-under-test";
import { FROM_BASE, FROM_INIT, plannedChanges, says, succeeded, upActs } from "./support/outcomes";
import { stateOf, virsh } from "./support/tiny-farm";

const GUEST = 'it\'s "my" $(touch pwned) & <guest>; `touch pwned`';
const PROJECT = "the $(touch pwned) 'project' & <co>";
const REVISION = 'v1.0 "final" & <last>';
const VALUE = "$(touch /root/pwned) '\"`touch /root/pwned` & <value> \\ $HOME *";

describe("names that mean something to shells and to markup", () => {
  const farm = FarmUnderTest.fresh();
  const domain = `${farm.stack}.${GUEST}`;

  const write = (value: string) =>
    farm.farm(
      demoFarm(
        { id: PROJECT, revision: REVISION, vars: { value } },
        { name: GUEST, "own key": `<${VALUE}>` },
      ),
    );

  before(async () => {
    farm.phase("dependencies.yaml", { run: "echo ${{ guest.name }} > /root/name" });
    farm.phase("init.yaml", { run: "echo \"in ${{ project.id }} '${{ revision }}'\" > /root/project" });
    farm.phase(
      "main.yaml",
      { name: "say ${{ guest.name }} & <b>", run: "cat /root/name /root/project; echo '${{ vars.value }}'" },
      { run: "echo \"${{ guest['own key'] }}\"; echo ${{ guest.domain }}; [ ! -e /root/pwned ]" },
      { local: "echo here: ${{ guest.name }}" },
    );
    farm.phase("terminate.yaml", { run: "echo ${{ run.id }}" });
    write(VALUE);
    await farm.init();
  });
  after(() => farm.remove());

  it("are names and nothing else in a first run", async () => {
    assert.deepEqual(await upActs(farm, GUEST), FROM_BASE);
    const { project, revision, guest } = farm.result(GUEST);
    assert.deepEqual({ project, revision, guest }, { project: PROJECT, revision: REVISION, guest: GUEST });
    const log = farm.kept(GUEST, "main.log");
    for (const text of [
      GUEST,
      `in ${PROJECT} '${REVISION}'`,
      VALUE,
      `<${VALUE}>`,
      domain,
      `here: ${GUEST}`,
    ]) {
      assert.ok(log.includes(`${text}\n`), `${text} is not in the log:\n${log}`);
    }
    assert.equal(stateOf(farm, GUEST), "shut off");
    for (const folder of [farm.folder, join(farm.folder, "stacks", farm.stack, "phases"), process.cwd()]) {
      assert.ok(!existsSync(join(folder, "pwned")), folder);
    }
  });

  it("are text in the reports", () => {
    assert.match(JSON.stringify(convert(farm.kept(GUEST, "junit.xml"), { format: "object" })), /pwned/);
    const page = farm.kept(GUEST, "report.html");
    assert.ok(page.includes("&lt;guest&gt;") && !page.includes("<guest>"), page);
  });

  it("are names in a run from the init snapshot, and of the snapshot itself", async () => {
    write(`${VALUE} again`);
    const preview = succeeded(await farm.preview());
    assert.deepEqual(plannedChanges(preview), { [`${GUEST}-lifecycle`]: "update" });
    says(preview, "will run restore init, main, terminate, shutdown");
    assert.deepEqual(await upActs(farm, GUEST), FROM_INIT);
    assert.equal(farm.result(GUEST).resumed, "memory");
    assert.ok(farm.kept(GUEST, "main.log").includes(`${VALUE} again\n`));
  });

  it("are still known when all is taken away", async () => {
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.ok(!virsh("list", "--all", "--name").split("\n").includes(domain));
  });
});
