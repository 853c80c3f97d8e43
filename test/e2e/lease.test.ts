import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { FarmUnderTest } from "./support/farm-under-test";
import { eventually, type StartedPulumi } from "./support/started-pulumi";
import { filesOf, logOf, newestRun, printed, stateOf, TINY, tinyFarm } from "./support/tiny-farm";

const FOREVER = 86_399;

describe("a guest that more than one run wants", function () {
  this.timeout(600_000);
  let farm: FarmUnderTest;
  const others: FarmUnderTest[] = [];

  before(async () => {
    farm = FarmUnderTest.fresh();
    farm.phase("main.yaml", { name: "work", run: "echo main-has-begun; sleep ${{ vars.seconds }}" });
    farm.phase("terminate.yaml", { name: "clean", run: "echo terminate-has-run" });
    mainOf(farm, 0);
    await farm.init();
    const first = await farm.up();
    assert.equal(first.exitCode, 0, first.output);
  });
  after(async () => {
    for (const other of others) other.forget();
    await farm.remove();
  });

  const mainOf = (checkout: FarmUnderTest, seconds: number, settings: Record<string, unknown> = {}) =>
    checkout.farm(tinyFarm({ guest: settings, project: { vars: { seconds } } }));

  async function startMain(): Promise<StartedPulumi> {
    mainOf(farm, FOREVER);
    const before = newestRun(farm);
    const run = farm.start();
    await printed(farm, "main", "main-has-begun", before);
    return run;
  }

  const supervisor = (): number => {
    const [found, ...more] = farm.processes().filter(({ argv }) => argv.includes("supervisor-main.js"));
    assert.ok(found !== undefined && more.length === 0, "one supervisor");
    return found.pid;
  };

  it("is given to one after the other, also on another backend; who waits is told for whom", async () => {
    const second = farm.copyOfState();
    others.push(second);
    const first = await startMain();
    const holder = new RegExp(`\\S+@\\S+ pid ${supervisor()}: run of stack ${farm.stack}, since \\d{4}-`);

    mainOf(second, 0, { leaseTimeout: 1 });
    const refused = await second.up();
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.output, new RegExp(`"${farm.stack}.${TINY}" is in use by ${holder.source}`));
    assert.equal(second.result(TINY).status, "failed");
    assert.deepEqual(second.acted(TINY), []);

    mainOf(second, 0);
    const waiting = second.start();
    await waiting.says(new RegExp(`waiting for ${holder.source}`));
    assert.equal(stateOf(farm), "running");
    first.interrupt("SIGTERM");
    await first.ended;
    const { exitCode, output } = await waiting.ended;
    assert.equal(exitCode, 0, output);
    assert.equal(farm.result(TINY).status, "cancelled");
    assert.equal(second.result(TINY).status, "passed");
    assert.equal(second.result(TINY).resumed, "memory");
    assert.ok(second.result(TINY).startedAt > farm.result(TINY).startedAt);
  });

  it("runs nothing for who has changed a file while waiting, until that is announced", async () => {
    const [second = farm.copyOfState()] = others;
    await farm.pulumi("cancel", "-s", farm.stack, "--yes");
    const first = await startMain();
    mainOf(second, 1);
    const waiting = second.start();
    await waiting.says(/waiting for \S+@\S+ pid/);
    second.phase("terminate.yaml", { name: "clean", run: "echo terminate-has-changed" });
    first.interrupt("SIGTERM");
    await first.ended;
    const { exitCode, output } = await waiting.ended;
    assert.notEqual(exitCode, 0);
    assert.match(output, /phases\/terminate\.yaml: was changed after this run was announced/);
    assert.match(output, /run `pulumi up` again/);
    assert.deepEqual(second.acted(TINY), []);
    const again = await second.up();
    assert.equal(again.exitCode, 0, again.output);
    assert.equal(second.result(TINY).cache, "hit");
    assert.match(logOf(second, "terminate"), /terminate-has-changed/);
  });

  it("is cleaned up by the next run, from another checkout, when the supervisor itself was killed", async () => {
    await farm.pulumi("cancel", "-s", farm.stack, "--yes");
    const run = await startMain();
    process.kill(supervisor(), "SIGKILL");
    const { exitCode, output } = await run.ended;
    assert.notEqual(exitCode, 0);
    assert.match(output, /the supervisor of this run died of SIGKILL and left no result/);
    const others = () => farm.remaining().filter(({ argv }) => !argv.includes("guest-farm-keeper"));
    await eventually("the end of what it had started, but for the keeper", () => others().length === 0);
    assert.equal(stateOf(farm), "running");
    assert.ok(existsSync(filesOf(farm).leaseHolder), "its lease tells that the guest was left as it was");

    const other = farm.anotherCheckout();
    try {
      mainOf(other, 0);
      const next = await other.up();
      assert.equal(next.exitCode, 0, next.output);
      const { status, cache, resumed, warnings } = other.result(TINY);
      assert.deepEqual([status, cache, resumed], ["passed", "hit", "memory"]);
      const told = /the last run \(.*\) left its guest on; its terminate was run; it was powered off/;
      assert.match(warnings.join("\n"), told);
      assert.match(next.output, told);
      assert.equal(logOf(other, "terminate").split("terminate-has-run").length - 1, 2);
      assert.equal(stateOf(farm), "shut off");
      assert.equal(existsSync(filesOf(farm).leaseHolder), false);
    } finally {
      rmSync(other.folder, { recursive: true });
    }
  });
});
