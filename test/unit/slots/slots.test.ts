import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { guestFiles } from "../../../hypervisor/guest-files";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import type { FencedLease } from "../../../hypervisor/leases/lease";
import {
  acquireSlot,
  NoSlotError,
  type SlotOptions,
  slotsFolder,
} from "../../../hypervisor/slots/acquire-slot";
import { hypervisor } from "../components/sample-farm";
import { SLOT_SCRIPT as OLD_SLOT_SCRIPT } from "../leases/old/slot-script";
import { QUICK } from "../leases/quick";

/** Stands for libvirt: a guest is on when there is a file of its name. */
const VIRSH = `#!/bin/sh
case $3 in
  domstate) [ -e "$GUEST_FARM_TEST/$5" ] && echo running || echo 'shut off' ;;
esac
`;

describe("room on a hypervisor, with real processes", function () {
  this.timeout(60_000);
  const shell = openLocalShell();
  const path = process.env["PATH"] ?? "";
  let base: string;
  let diskPoolPath: string;
  const held: FencedLease[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "guest-farm slot's "));
    diskPoolPath = join(base, "guests");
    mkdirSync(join(base, "bin"));
    writeFileSync(join(base, "bin", "virsh"), VIRSH, { mode: 0o755 });
    process.env["PATH"] = `${join(base, "bin")}${delimiter}${path}`;
    process.env["GUEST_FARM_TEST"] = base;
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((lease) => lease.release({ leaveOn: true })));
    for (const child of children.splice(0)) child.kill("SIGKILL");
    process.env["PATH"] = path;
    delete process.env["GUEST_FARM_TEST"];
    rmSync(base, { recursive: true, force: true });
  });

  /** A lease, and room under it. */
  const acquire = async (name: string, over: Partial<SlotOptions> = {}): Promise<FencedLease> => {
    const host = { shell, spec: { ...hypervisor("board"), diskPoolPath } };
    const holder = { runId: name, description: `build@here: ${name} "it's" $(no)`, since: "2026-01-01" };
    const domain = over.domain ?? `VM ${name}`;
    mkdirSync(guestFiles(diskPoolPath, domain).folder, { recursive: true });
    const fate = () => "powerOff" as const;
    const lease = await acquireLease(host, domain, { holder, waitMs: over.waitMs ?? 0, fate }, QUICK);
    held.push(lease);
    const options = {
      limits: { maxGuests: 1 },
      domain,
      memoryMiB: 1024,
      vcpus: 2,
      holder,
      waitMs: 0,
      ...over,
    };
    try {
      await acquireSlot(host, lease, options, QUICK);
    } catch (error) {
      await lease.release({ leaveOn: true });
      throw error;
    }
    return lease;
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
        const lease = await acquire(name, { limits: { maxGuests: 2 }, waitMs: 50_000 });
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 100));
        inside -= 1;
        await lease.release();
      }),
    );
    assert.equal(most, 2);
    assert.deepEqual(slots(), []);
  });

  const otherController = async (domain: string): Promise<ChildProcess> => {
    const script = join(__dirname, "holder-process.ts");
    mkdirSync(guestFiles(diskPoolPath, domain).folder, { recursive: true });
    const argv = ["--require", "tsx/cjs", script, diskPoolPath, domain];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await new Promise((resolve, reject) => {
      child.stdout.once("data", resolve);
      child.once("exit", () => reject(new Error("the other controller ended")));
    });
    return child;
  };

  it("comes back from a controller that was killed when its guest is off, not before", async () => {
    const on = join(base, "other");
    const child = await otherController("other");
    writeFileSync(on, "");
    child.kill("SIGKILL");
    await assert.rejects(acquire("one", { waitMs: QUICK.orphanMs + 2_000 }), NoSlotError);
    rmSync(on);
    const lease = await acquire("one", { waitMs: 40_000 });
    assert.equal(slots().length, 1, "what the other one left is gone");
    assert.equal(lease.lost.aborted, false);
  });

  it("passes to the next run of a guest that was left on, whose room it is already", async () => {
    const child = await otherController("other");
    writeFileSync(join(base, "other"), "");
    child.kill("SIGKILL");
    await acquire("next run", { domain: "other", waitMs: 20_000 });
    await assert.rejects(acquire("one"), NoSlotError);
    await Promise.all(held.map((lease) => lease.release({ leaveOn: true })));
    await acquire("one", { waitMs: 20_000 });
  });

  it("is counted by controllers of an older release, and counts theirs", async () => {
    const old = (name: string) => {
      const args = [slotsFolder(diskPoolPath), `${name}.old`, "3", "1", "", "", "64", "1"];
      const command = shell.start(["bash", "-c", OLD_SLOT_SCRIPT, "guest-farm-slot", ...args]);
      command.write('{"runId":"old","description":"old","since":""}\n');
      return { command, lines: command.lines[Symbol.asyncIterator]() };
    };
    const lease = await acquire("one");
    const waiting = old("a");
    assert.match(String((await waiting.lines.next()).value), /^waiting \[\{"runId":"one"/);
    await lease.release();
    waiting.command.write("again\n");
    assert.equal((await waiting.lines.next()).value, "held");
    await assert.rejects(acquire("two"), /in use by old/);
    waiting.command.kill();
    await waiting.command.exited;
    await acquire("two");
  });
});
