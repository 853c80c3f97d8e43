import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { GuestPlan } from "../../definitions/guest-plan";
import { demoFarm } from "./support/demo-farm";
import { FarmUnderTest } from "./support/farm-under-test";
import {
  FROM_BASE,
  FROM_CLEAN,
  FROM_INIT,
  plannedChanges,
  says,
  succeeded,
  upActs,
} from "./support/outcomes";
import { domainOf, filesOf, stateOf, TINY, virsh } from "./support/tiny-farm";

const SCHEMA = z.fromJSONSchema(
  JSON.parse(
    readFileSync(resolve(__dirname, "../../schemas/result.schema.json"), "utf8"),
  ) as z.core.JSONSchema.JSONSchema,
);

/** Without what the page cache holds: wrong disks under a restored memory would be hidden by it. */
const FROM_DISK = "sync; echo 3 > /proc/sys/vm/drop_caches";

/** Says what it sees of init and of earlier runs of main, then leaves a file behind. */
const MAIN = {
  run: [
    FROM_DISK,
    'echo "memory: $(cat /dev/shm/init)"',
    'echo "disk: $(cat /root/init)"',
    'kill -0 "$(cat /dev/shm/pid)" && echo "process: alive"',
    '[ -e /root/by-main ] && echo "left by main: yes" || echo "left by main: no"',
    "touch /root/by-main",
    "echo greeting: ${{ vars.greeting }}",
    "date +%s > clock",
  ].join("\n"),
};

function greet(farm: FarmUnderTest, greeting: string, project: Record<string, unknown> = {}): void {
  farm.farm(demoFarm({ vars: { greeting, packages: "make" }, ...project }));
}

function writePhases(farm: FarmUnderTest): void {
  farm.phase("dependencies.yaml", { run: "echo dependencies > /root/order" });
  farm.phase("init.yaml", {
    name: "leave something in memory, on disk, and running",
    run: [
      "echo init >> /root/order",
      "echo first > /root/init",
      'echo "ram of $(cat /proc/sys/kernel/random/uuid)" > /dev/shm/init',
      "sleep 100000 >/dev/null 2>&1 & echo $! > /dev/shm/pid",
    ].join("\n"),
  });
  farm.phase(
    "main.yaml",
    { local: 'date +%s > "$GUEST_FARM_ARTIFACTS/before"' },
    MAIN,
    { local: 'date +%s > "$GUEST_FARM_ARTIFACTS/after"' },
    { fetch: "clock" },
    { fetch: "/root/order" },
  );
  farm.phase("terminate.yaml", { run: "echo terminated" });
}

function seen(farm: FarmUnderTest, what: string): string | undefined {
  return new RegExp(`^${what}: (.*)$`, "m").exec(farm.kept(TINY, "main.log"))?.[1];
}

function initSnapshots(farm: FarmUnderTest): string[] {
  return readdirSync(filesOf(farm).snapshots)
    .filter((file) => file.endsWith(".init.json"))
    .map((file) => file.slice(0, -".json".length))
    .sort();
}

describe("the cached path", () => {
  const farm = FarmUnderTest.fresh();
  let inMemory: string | undefined;

  before(async () => {
    writePhases(farm);
    greet(farm, "hello");
    await farm.init();
  });
  after(() => farm.remove());

  it("makes everything in the first update, and keeps its results", async () => {
    assert.deepEqual(await upActs(farm, TINY), FROM_BASE);
    const result = farm.result(TINY);
    assert.equal(result.cache, "miss");
    assert.equal(result.resumed, null);
    assert.equal(result.strategy, "saved");
    assert.equal(farm.kept(TINY, "artifacts/order"), "dependencies\ninit\n");
    assert.equal(stateOf(farm), "shut off");
    SCHEMA.parse(JSON.parse(farm.kept(TINY, "result.json")));
    SCHEMA.parse(JSON.parse(readFileSync(join(farm.results(TINY), "result.json"), "utf8")));
    assert.match(farm.kept(TINY, "junit.xml"), /<testsuite[^>]* failures="0"/);
    assert.match(farm.kept(TINY, "report.html"), /create init/);
    for (const { name, log } of result.phases) {
      assert.ok(log === null || existsSync(join(farm.results(TINY), log)), `log of ${name}: ${log}`);
    }
    inMemory = seen(farm, "memory");
    assert.match(inMemory ?? "", /^ram of [0-9a-f-]{36}$/);
  });

  it("runs nothing when nothing has changed, and says so", async () => {
    const { runId } = farm.result(TINY);
    const again = succeeded(await farm.up());
    says(again, /tiny-amd64: unchanged since its last run \(passed .*\): nothing runs/);
    assert.doesNotMatch(again.output, /\d+ (created|updated|replaced|deleted)/);
    assert.equal(farm.result(TINY).runId, runId);
  });

  it("agrees with what is there after a refresh", async () => {
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("previews a variable of main as a change of the lifecycle alone, by its name", async () => {
    greet(farm, "good day");
    const preview = succeeded(await farm.preview());
    assert.deepEqual(plannedChanges(preview), { [`${TINY}-lifecycle`]: "update" });
    says(preview, /^\s*~ GUEST_FARM_VAR_greeting/m);
    assert.doesNotMatch(preview.output, /[~+-] GUEST_FARM_VAR_packages/);
    says(preview, /tiny-amd64: hit: .*; will run restore init, main, terminate, shutdown/);
  });

  it("is what guest-farm plan shows, for people and for programs", async () => {
    const table = succeeded(await farm.cli("plan"));
    says(
      table,
      /^tiny-amd64 +local +qemu +saved +hit +passed, [\d.]+ s +hit: .*; will run restore init, main/m,
    );
    const { output } = succeeded(await farm.cli("plan", "--json"));
    const [plan] = z.array(GuestPlan).parse(JSON.parse(output));
    assert.deepEqual(plan?.phases, FROM_INIT);
  });

  it("starts from the init snapshot: memory, disk and clock as they should be", async () => {
    assert.deepEqual(await upActs(farm, TINY), FROM_INIT);
    const { cache, resumed } = farm.result(TINY);
    assert.deepEqual({ cache, resumed }, { cache: "hit", resumed: "memory" });
    assert.equal(seen(farm, "memory"), inMemory);
    assert.equal(seen(farm, "disk"), "first");
    assert.equal(seen(farm, "process"), "alive");
    assert.equal(seen(farm, "left by main"), "no");
    assert.equal(seen(farm, "greeting"), "good day");
    const [before, clock, after] = ["before", "clock", "after"].map((file) =>
      Number(farm.kept(TINY, `artifacts/${file}`)),
    );
    assert.ok(Number(before) - 2 < Number(clock), `the guest's clock is behind: ${before}, ${clock}`);
    assert.ok(Number(clock) < Number(after) + 2, `the guest's clock is ahead: ${clock}, ${after}`);
  });

  it("rebuilds the init snapshot when its phase file has changed", async () => {
    farm.phase("init.yaml", {
      run: "echo second | tee /root/init /dev/shm/init >> /root/order; : > /dev/shm/pid",
    });
    const preview = succeeded(await farm.preview());
    says(preview, /tiny-amd64: stale: its content key was/, /^\s*~ GUEST_FARM_FILE_init_yaml/m);
    says(preview, `will run ${FROM_CLEAN.join(", ")}`);
    assert.deepEqual(await upActs(farm, TINY), FROM_CLEAN);
    assert.equal(farm.result(TINY).cache, "stale");
    assert.equal(seen(farm, "disk"), "second");
    assert.equal(seen(farm, "memory"), "second");
    assert.equal(seen(farm, "left by main"), "no");
    assert.equal(farm.kept(TINY, "artifacts/order"), "dependencies\nsecond\n");
  });

  it("misses at a new revision, and hits at the old one again", async () => {
    greet(farm, "good day", { revision: 2 });
    const preview = succeeded(await farm.preview());
    says(preview, /tiny-amd64: miss: there is no snapshot "demo.2.init"/);
    assert.deepEqual(await upActs(farm, TINY), FROM_CLEAN);
    assert.equal(farm.result(TINY).cache, "miss");

    greet(farm, "good day", { revision: 1 });
    assert.deepEqual(await upActs(farm, TINY), FROM_INIT);
    assert.equal(farm.result(TINY).cache, "hit");
  });

  it("keeps the newest snapshots of the project and never removes the current one", async () => {
    const KEEP_TWO = { keep: 2 };
    greet(farm, "good day", { revision: 3, ...KEEP_TWO });
    await upActs(farm, TINY);
    assert.deepEqual(initSnapshots(farm), ["demo.2.init", "demo.3.init"]);
    // Made long ago, and used now.
    greet(farm, "good morning", { revision: 2, ...KEEP_TWO, keep: 1 });
    assert.deepEqual(await upActs(farm, TINY), FROM_INIT);
    assert.ok(initSnapshots(farm).includes("demo.2.init"), initSnapshots(farm).join());
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("changes memory in place, and boots from the frozen disks where the saved memory no longer fits", async () => {
    const uuid = virsh("domuuid", domainOf(farm));
    farm.farm(demoFarm({ vars: { greeting: "more" }, revision: 2 }, { memory: 320 }));
    const preview = succeeded(await farm.preview());
    assert.deepEqual(plannedChanges(preview)[TINY], "update");
    says(preview, /^\s*~ memoryMiB\s*: 256 => 320/m);
    assert.deepEqual(await upActs(farm, TINY), ["restore init", "startup", "main", "terminate", "shutdown"]);
    const { cache, resumed } = farm.result(TINY);
    assert.deepEqual({ cache, resumed }, { cache: "hit", resumed: "cold" });
    assert.equal(seen(farm, "disk"), "second");
    assert.equal(virsh("domuuid", domainOf(farm)), uuid);
  });

  it("makes the guest anew over another image", async () => {
    const uuid = virsh("domuuid", domainOf(farm));
    farm.farm(
      demoFarm({ vars: { greeting: "more" }, revision: 2 }, { image: { steps: [{ resize: "2GiB" }] } }),
    );
    const preview = succeeded(await farm.preview());
    assert.match(preview.output, /\+-1 to replace/);
    assert.deepEqual(await upActs(farm, TINY), FROM_BASE);
    assert.notEqual(virsh("domuuid", domainOf(farm)), uuid);
    assert.deepEqual(initSnapshots(farm), ["demo.2.init"]);
  });
});
