import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import type { LeaseTiming } from "../../../hypervisor/leases/timing";
import {
  acquireSlot,
  NoSlotError,
  type Slot,
  type SlotOptions,
  slotsFolder,
} from "../../../hypervisor/slots/acquire-slot";
import { allProcesses } from "../../support/processes";
import { hypervisor } from "../components/sample-farm";

const QUICK: LeaseTiming = { beatMs: 100, answerMs: 2_000, holdMs: 3_000 };

describe("room on a hypervisor, with real processes", function () {
  this.timeout(60_000);
  const shell = openLocalShell();
  let base: string;
  let diskPoolPath: string;
  const held: Slot[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "guest-farm slot's "));
    diskPoolPath = join(base, "guests");
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((slot) => slot.release()));
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(base, { recursive: true, force: true });
  });

  const acquire = async (name: string, over: Partial<SlotOptions> = {}, timing = QUICK): Promise<Slot> => {
    const slot = await acquireSlot(
      { shell, spec: { ...hypervisor("board"), diskPoolPath } },
      {
        limits: { maxGuests: 1 },
        domain: `VM ${name}`,
        memoryMiB: 1024,
        vcpus: 2,
        holder: { runId: name, description: `build@here: ${name} "it's" $(no)`, since: "2026-01-01" },
        waitMs: 0,
        ...over,
      },
      timing,
    );
    held.push(slot);
    return slot;
  };
  const slots = () => readdirSync(slotsFolder(diskPoolPath)).filter((name) => name.endsWith(".slot"));

  it("names the holders to whoever waits, and fails at the limit", async () => {
    await acquire("one");
    const told: string[] = [];
    await assert.rejects(
      acquire("two", { waitMs: 1_200, onWait: (by) => told.push(...by.map((each) => each.description)) }),
      (error) => {
        assert.ok(error instanceof NoSlotError);
        assert.match(
          error.message,
          /hypervisor "board" \(1 guest at once\): in use by build@here: one "it's"/,
        );
        return true;
      },
    );
    assert.deepEqual(told, [`build@here: one "it's" $(no)`]);
    assert.equal(slots().length, 1, "who gives up leaves nothing behind");
  });

  it("is free again after a release, and goes to who waits", async () => {
    const first = await acquire("one");
    await acquire("two", { waitMs: 20_000, onWait: () => void first.release() });
    assert.equal(first.lost.aborted, false);
    assert.equal(slots().length, 1);
  });

  it("counts guests, memory and CPUs, each for itself", async () => {
    const limits = { memoryMiB: 3000, cpus: 5 };
    await acquire("one", { limits });
    await acquire("two", { limits });
    await assert.rejects(acquire("three", { limits, vcpus: 1 }), /3000 MiB, 5 CPUs at once/, "memory");
    await assert.rejects(acquire("three", { limits, memoryMiB: 100 }), NoSlotError, "CPUs");
    await acquire("three", { limits, memoryMiB: 100, vcpus: 1 });
    await assert.rejects(acquire("four", { limits: { maxGuests: 3 }, memoryMiB: 1, vcpus: 1 }), NoSlotError);
    await acquire("four", { limits: { maxGuests: 4 }, memoryMiB: 1, vcpus: 1 });
  });

  it("lets a guest in that is alone, however large it is", async () => {
    await acquire("one", { limits: { memoryMiB: 1, cpus: 1 } });
  });

  it("never lets more in than the limit says", async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        const slot = await acquire(name, { limits: { maxGuests: 2 }, waitMs: 50_000 });
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 100));
        inside -= 1;
        await slot.release();
      }),
    );
    assert.equal(most, 2);
    assert.deepEqual(slots(), []);
  });

  it("comes back from a controller that was killed, and from a process that was", async () => {
    const script = join(__dirname, "holder-process.ts");
    const argv = ["--require", "tsx/cjs", script, diskPoolPath, "other"];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await new Promise((resolve, reject) => {
      child.stdout.once("data", resolve);
      child.once("exit", () => reject(new Error("the other controller ended")));
    });
    await assert.rejects(acquire("one"), NoSlotError);
    child.kill("SIGKILL");
    const slot = await acquire("one", { waitMs: 40_000 });
    assert.equal(slots().length, 1, "what the other one left is gone");
    assert.equal(slot.lost.aborted, false);
  });

  it("is lost when its process on the hypervisor ends", async () => {
    const slot = await acquire("one");
    const gone = new Promise((resolve) => slot.lost.addEventListener("abort", resolve));
    const holders = allProcesses().filter(({ argv }) => argv.includes(slotsFolder(diskPoolPath)));
    assert.ok(holders.length > 0);
    for (const { pid } of holders) process.kill(pid, "SIGKILL");
    await gone;
    await acquire("two");
  });
});
