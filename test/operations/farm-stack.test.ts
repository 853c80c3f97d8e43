import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, FROM_INIT, says, succeeded, upActs } from "../e2e/support/outcomes";
import { DISK_POOL, domainOf, stateOf } from "../e2e/support/tiny-farm";
import { guestFiles } from "../../hypervisor/guest-files";

/** Phases of a first run where the clean snapshot is there, and the project has neither dependencies nor terminate. */
const FIRST = ["restore clean", "init", "create init", "main", "shutdown"];

describe("a farm stack, and project stacks that run in its guests", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const stacks: FarmUnderTest[] = [];
  let alpha: FarmUnderTest;
  let beta: FarmUnderTest;

  before(async () => {
    farm.farm({
      hypervisors: { local: {} },
      guests: {
        list: ["one", "two"].map((name) => ({ platform: "tiny", target: "amd64", memory: 256, name })),
      },
    });
    for (const [name, guests] of [
      ["alpha", ["one"]],
      ["beta", ["one", "two"]],
    ] as const) {
      const project = { revision: 1, guests, runMain: "always", phases: `phases/${name}` };
      farm.write(`stacks/${farm.stack}/projects/${name}.yaml`, stringify(project));
      farm.phase(`${name}/init.yaml`, { run: `echo ${name} > /root/made` });
      farm.phase(`${name}/main.yaml`, { run: "cat /root/made" });
    }
    await farm.init();
    await farm.config("project", "none");
    alpha = await projectStack("alpha");
    beta = await projectStack("beta");
  });
  after(async () => {
    for (const stack of stacks) await stack.pulumi("destroy", "-s", stack.stack, "--yes", "--skip-preview");
    await farm.remove();
    for (const stack of stacks) stack.forget();
  });

  async function projectStack(project: string): Promise<FarmUnderTest> {
    const stack = farm.anotherStack();
    stacks.push(stack);
    await stack.init();
    await stack.config("farmStack", farm.stack);
    await stack.config("project", project);
    return stack;
  }
  const snapshotsOf = (guest: string) =>
    readdirSync(guestFiles(DISK_POOL, domainOf(farm, guest)).snapshots)
      .filter((name) => name.endsWith(".json"))
      .sort();

  it("refuses a project before there are guests, and says what to do", async () => {
    says(
      failed(await alpha.up()),
      `makes no guests for other stacks`,
      `pulumi config set -s ${farm.stack} guest-farm:project none && pulumi up -s ${farm.stack}`,
    );
  });

  it("makes the guests and their clean snapshots, and runs no project", async () => {
    succeeded(await farm.up());
    assert.deepEqual(farm.acted("one"), ["startup", "create clean", "shutdown"]);
    assert.deepEqual(snapshotsOf("two"), ["clean.json"]);
  });

  it("says in the preview of a project what will run in which guest", async () => {
    const preview = succeeded(await alpha.preview());
    says(preview, /one: miss: .*will run restore clean, init, create init, main, shutdown/);
    assert.doesNotMatch(preview.output, /Domain::|::two/);
  });

  it("runs a project in guests that another stack has made", async () => {
    assert.deepEqual(await upActs(alpha, "one"), FIRST);
    assert.equal(alpha.kept("one", "main.log").includes("alpha"), true);
    assert.equal(stateOf(farm, "one"), "shut off");
  });

  it("starts from the project's init snapshot at the next update", async () => {
    assert.deepEqual(
      await upActs(alpha, "one"),
      FROM_INIT.filter((phase) => phase !== "terminate"),
    );
  });

  it("runs two projects at once: the lease lets one wait for the other", async () => {
    const [first, second] = await Promise.all([alpha.up(), beta.up()]);
    succeeded(first);
    succeeded(second);
    assert.deepEqual([alpha.result("one").status, beta.result("one").status], ["passed", "passed"]);
    assert.equal(beta.kept("two", "main.log").includes("beta"), true);
    assert.deepEqual(snapshotsOf("one"), ["alpha.1.init.json", "beta.1.init.json", "clean.json"]);
  });

  it("knows of each project's own last run, whichever project ran in the guest last", async () => {
    await alpha.config("runMain", "onChange");
    succeeded(await alpha.up());
    succeeded(await beta.up());
    const { runId } = alpha.result("one");
    says(succeeded(await alpha.up()), "one: unchanged since its last run");
    assert.equal(alpha.result("one").runId, runId);
    says(succeeded(await alpha.cli("plan")), "unchanged since its last run");
  });

  it("starts from the project's init snapshot from another checkout too", async () => {
    const other = alpha.anotherCheckout();
    try {
      says(succeeded(await other.up()), "one: unchanged since its last run");
      await other.config("rerun", "from another checkout");
      succeeded(await other.up());
      assert.equal(other.result("one").cache, "hit");
      assert.equal(other.kept("one", "main.log").includes("alpha"), true);
    } finally {
      rmSync(other.folder, { recursive: true, force: true });
    }
  });

  it("leaves the farm stack without a change", async () => {
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("has no private key in the clear in any state, and none in its outputs", async () => {
    const files = readdirSync(join(farm.state, ".pulumi"), { recursive: true, withFileTypes: true });
    for (const file of files.filter((each) => each.isFile())) {
      assert.doesNotMatch(readFileSync(join(file.parentPath, file.name), "utf8"), /PRIVATE KEY/, file.name);
    }
    assert.doesNotMatch((await farm.pulumi("stack", "output", "-s", farm.stack)).output, /PRIVATE KEY/);
  });

  it("lets people into its guests from the project's stack", async () => {
    const run = await alpha.cli("ssh", "one", "true");
    says(failed(run), 'guest "one" is off');
  });

  it("keeps guests and snapshots when a project stack is destroyed", async () => {
    succeeded(await alpha.pulumi("destroy", "-s", alpha.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm, "one"), "shut off");
    assert.deepEqual(snapshotsOf("one"), ["alpha.1.init.json", "beta.1.init.json", "clean.json"]);
  });

  it("names the guests that the farm stack does not have", async () => {
    const changed = { revision: 1, guests: ["one", "three"] };
    beta.write(`stacks/${farm.stack}/projects/beta.yaml`, stringify(changed));
    says(failed(await beta.up()), "three");
  });

  it("lets the farm go while a project still has snapshots in it, and then the project's stack", async () => {
    assert.ok(snapshotsOf("one").includes("beta.1.init.json"));
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm, "one"), "missing");
    assert.equal(existsSync(guestFiles(DISK_POOL, domainOf(farm, "one")).folder), false);
    beta.write(`stacks/${farm.stack}/projects/beta.yaml`, stringify({ revision: 1, phases: "phases/beta" }));
    says(failed(await beta.up()), "makes no guests for other stacks");
    succeeded(await beta.refresh());
    succeeded(await beta.pulumi("destroy", "-s", beta.stack, "--yes", "--skip-preview"));
  });
});
