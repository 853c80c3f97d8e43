import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FarmUnderTest } from "./support/farm-under-test";

describe("a hypervisor with room for one guest", function () {
  this.timeout(1_200_000);
  const farms: FarmUnderTest[] = [];
  let pool: string;
  before(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm-pool-"));
    // QEMU, which runs as another user, has to get in.
    chmodSync(pool, 0o755);
  });
  after(async () => {
    for (const farm of farms) await farm.remove();
    rmSync(pool, { recursive: true, force: true });
  });

  const farmOf = async (...names: readonly string[]): Promise<FarmUnderTest> => {
    const farm = FarmUnderTest.fresh();
    farms.push(farm);
    farm.farm({
      hypervisors: { local: { limits: { maxGuests: 1 }, diskPoolPath: `${pool}/guests` } },
      guests: { list: names.map((name) => ({ platform: "tiny", target: "amd64", name })) },
      project: { id: "acme", revision: 1 },
    });
    farm.phase("main.yaml", { run: "sleep 3" });
    await farm.init();
    return farm;
  };

  /** When the guest was on, by the phases of its last run. */
  const onDuring = (farm: FarmUnderTest, guest: string): readonly [number, number] => {
    const acted = farm.result(guest).phases.filter(({ status }) => status !== "skipped");
    const times = acted.map(({ startedAt, durationMs }) => {
      const start = Date.parse(startedAt);
      return [start, start + durationMs] as const;
    });
    return [Math.min(...times.map(([start]) => start)), Math.max(...times.map(([, end]) => end))];
  };

  it("runs three guests of two stacks one after the other, and names who has the room", async () => {
    const both = await farmOf("one", "two");
    const other = await farmOf("three");
    const runs = await Promise.all([both.up(), other.up()]);
    for (const { exitCode, output } of runs) assert.equal(exitCode, 0, output);
    const times = [onDuring(both, "one"), onDuring(both, "two"), onDuring(other, "three")];
    times.sort(([a], [b]) => a - b);
    times.slice(1).forEach(([start], index) => {
      assert.ok(
        start >= times[index]![1],
        `one run began before another had ended: ${JSON.stringify(times)}`,
      );
    });
    const output = runs.map((run) => run.output).join("\n");
    assert.match(
      output,
      /waiting for room on hypervisor local \(1 guest at once\), used by .*: run of stack \w+, guest /,
    );
    const slots = `${pool}/guests-slots`;
    assert.ok(existsSync(slots));
    assert.deepEqual(
      readdirSync(slots).filter((name) => name.endsWith(".slot")),
      [],
    );
  });
});
