import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  COMMAND_LIMITS,
  LIBVIRT_AWAY_MS,
  runLimit,
  shutDownLimit,
  WORK_LIMITS,
  WORK_SUMS,
} from "../../../definitions/time-limits";

const ROOT = join(__dirname, "..", "..", "..");

describe("time limits of a run", () => {
  it("outlast the commands inside, and an outage of libvirt", () => {
    for (const [work, sum] of Object.entries(WORK_SUMS)) {
      const limit = WORK_LIMITS[work as keyof typeof WORK_SUMS];
      assert.ok(limit > sum + LIBVIRT_AWAY_MS, `${work}: ${limit} against ${sum}`);
    }
  });

  it("outlast the longest command of each kind of work", () => {
    const { memory, flush, hash, stop, start, sync, remove } = COMMAND_LIMITS;
    assert.ok(WORK_LIMITS.restore > memory + stop && WORK_LIMITS.create > memory + flush + stop);
    assert.ok(WORK_LIMITS.resetToBase > hash);
    assert.ok(WORK_LIMITS.powerOff > 2 * stop && WORK_LIMITS.start > start + memory);
    assert.ok(WORK_LIMITS.sync > sync && WORK_LIMITS.settle > memory + remove);
  });

  it("outlast every try to shut down, and the forced end after it", () => {
    const limit = shutDownLimit({ tries: 10, delayMs: 5_000 });
    assert.ok(limit > 10 * (5_000 + WORK_SUMS.shutDownTry) + WORK_SUMS.powerOff + LIBVIRT_AWAY_MS);
  });

  it("of the whole run outlast all that it does", () => {
    const limit = runLimit(4, 60_000, 120_000);
    const waits = 5 * (120_000 + WORK_LIMITS.beyondReadiness);
    const work = 2 * (WORK_LIMITS.restore + WORK_LIMITS.create) + WORK_LIMITS.resetToBase;
    assert.ok(limit > 4 * 60_000 + waits + work);
  });

  it("are written in one place: no code of a run has a limit of its own for its commands", () => {
    const files = ["phases/lifecycle", "hypervisor/snapshots"].flatMap((folder) =>
      readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
    );
    const single = ["power", "saved-state", "host", "host-files", "domain/layers", "domain/seed"].map(
      (name) => `hypervisor/${name}.ts`,
    );
    assert.ok(files.length > 30);
    for (const file of [...files, ...single]) {
      const own = /(?:timeoutMs: |(?:TIMEOUT|LIMIT)_MS = )[\d_]+/.exec(
        readFileSync(join(ROOT, file), "utf8"),
      );
      assert.equal(own?.[0], undefined, file);
    }
  });
});
