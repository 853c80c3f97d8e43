import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import type { RunningCommand } from "../../../connections/shell";
import { guestFiles, type GuestFiles } from "../../../hypervisor/guest-files";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import {
  type AcquireOptions,
  type Lease,
  LeaseHeldError,
  type LeaseHolder,
  NoGuestFolderError,
} from "../../../hypervisor/leases/lease";
import type { LeaseTiming } from "../../../hypervisor/leases/timing";
import { keeperOf } from "../../support/keepers";
import { linkedSpec, localSpec, QUICK } from "./quick";

const holder = (runId: string): LeaseHolder => ({
  runId,
  description: `build@here: ${runId} "quoted" $(no) 'text'`,
  since: "2026-01-01T00:00:00.000Z",
});

describe("leases, with real processes", function () {
  this.timeout(30_000);
  const shell = openLocalShell();
  let pool: string;
  let files: GuestFiles;
  const held: Lease[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm lease's "));
    files = guestFiles(pool, "web");
    mkdirSync(files.folder);
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((lease) => lease.release()));
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(pool, { recursive: true, force: true });
  });

  const acquire = async (runId: string, options: Partial<AcquireOptions> = {}, timing = QUICK) => {
    const lease = await acquireLease(
      { shell, spec: localSpec(pool) },
      "web",
      { holder: holder(runId), waitMs: 0, ...options },
      timing,
    );
    held.push(lease);
    return lease;
  };
  const record = () => JSON.parse(readFileSync(files.leaseHolder, "utf8")) as LeaseHolder;

  /** A controller in a process of its own; resolves when it holds the lease. */
  const otherController = async (runId: string): Promise<ChildProcess> => {
    const script = join(__dirname, "holder-process.ts");
    const child = spawn(process.execPath, ["--require", "tsx/cjs", script, pool, "web", runId], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    await new Promise<void>((resolve, reject) => {
      child.stdout.once("data", () => resolve());
      child.once("exit", () => reject(new Error("the other controller ended")));
    });
    return child;
  };

  it("is free again after a release, and leaves no record", async () => {
    const first = await acquire("one");
    assert.equal(first.abandoned, null);
    assert.deepEqual(record(), holder("one"));
    await first.release();
    await first.release();
    assert.equal(existsSync(files.leaseHolder), false);
    const second = await acquire("two");
    assert.equal(second.abandoned, null);
    assert.equal(first.lost.aborted, false);
  });

  it("names the holder to whoever waits, and fails at the limit", async () => {
    await acquire("one");
    const told: string[] = [];
    await assert.rejects(
      acquire("two", { waitMs: 1_500, onWait: (by) => told.push(by.description) }),
      (error: Error) => error instanceof LeaseHeldError && error.message.includes(holder("one").description),
    );
    assert.deepEqual(told, [holder("one").description]);
    assert.deepEqual(record(), holder("one"), "a waiter that gives up leaves nothing behind");
  });

  it("goes to the waiter when it is released", async () => {
    const first = await acquire("one");
    const second = acquire("two", { waitMs: 10_000, onWait: () => void first.release() });
    assert.equal((await second).abandoned, null);
  });

  it("lets only one of many in at a time", async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      ["a", "b", "c", "d"].map(async (runId) => {
        const lease = await acquire(runId, { waitMs: 20_000 });
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 60));
        inside -= 1;
        await lease.release();
      }),
    );
    assert.equal(most, 1);
  });

  it("outlives its hold time while beats are answered", async () => {
    const lease = await acquire("one");
    await new Promise((resolve) => setTimeout(resolve, QUICK.holdMs + 500));
    assert.equal(lease.lost.aborted, false);
    await assert.rejects(acquire("two"), LeaseHeldError);
  });

  it("passes from a controller that was killed, and tells that it was abandoned", async () => {
    const other = await otherController("killed-run");
    await assert.rejects(acquire("two"), LeaseHeldError);
    other.kill("SIGKILL");
    const lease = await acquire("two", { waitMs: 10_000 });
    assert.equal(lease.abandoned?.runId, "killed-run");
    await lease.release();
    assert.equal((await acquire("three")).abandoned, null);
  });

  it("passes from a controller that gave it back, and tells nothing", async () => {
    const other = await otherController("clean-run");
    other.kill("SIGTERM");
    assert.equal((await acquire("two", { waitMs: 10_000 })).abandoned, null);
  });

  it("passes on when beats stop coming although the link stands", async () => {
    const silent: LeaseTiming = { ...QUICK, beatMs: 60_000, answerMs: 70_000, holdMs: 1_000 };
    const first = await acquire("silent", {}, silent);
    const second = await acquire("two", { waitMs: 10_000 });
    assert.equal(second.abandoned?.runId, "silent");
    if (!first.lost.aborted) await once(first.lost, "abort");
  });

  it("is lost when its keeper dies", async () => {
    const lease = await acquire("one");
    process.kill(await keeperOf(files.lease), "SIGKILL");
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    assert.match(String(lease.lost.reason), /lease of guest "web" was lost/);
    await lease.release();
    assert.equal((await acquire("two")).abandoned?.runId, "one");
  });

  /** A shell whose started programs can be counted, killed, and cut off from what is written to them. */
  const spying = () => {
    const seen = { started: [] as RunningCommand[], cut: false };
    const start = (argv: readonly string[]): RunningCommand => {
      const real = shell.start(argv);
      const first = seen.started.push(real) === 1;
      const write = (text: string): void => {
        if (!seen.cut || !first) real.write(text);
      };
      return { ...real, write };
    };
    return { seen, host: { shell: { ...shell, start }, spec: linkedSpec(pool) } };
  };

  it("goes on when the process that it is talked to through dies", async () => {
    const { seen, host } = spying();
    const lease = await acquireLease(host, "web", { holder: holder("one"), waitMs: 0 }, QUICK);
    held.push(lease);
    await keeperOf(files.lease);
    for (let round = 1; round <= 3; round += 1) {
      seen.started.at(-1)?.kill();
      while (seen.started.length === round) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, QUICK.holdMs + 1_000));
    assert.equal(lease.lost.aborted, false);
    await assert.rejects(acquire("two"), LeaseHeldError);
    await lease.release();
    assert.equal((await acquire("two")).abandoned, null);
  });

  it("goes on over another link when beats go unanswered", async () => {
    const { seen, host } = spying();
    const lease = await acquireLease(host, "web", { holder: holder("one"), waitMs: 0 }, QUICK);
    held.push(lease);
    seen.cut = true;
    while (seen.started.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await new Promise((resolve) => setTimeout(resolve, QUICK.holdMs + 1_000));
    assert.equal(lease.lost.aborted, false);
    await assert.rejects(acquire("two"), LeaseHeldError);
  });

  it("is lost when somebody else was granted while the link was down", async () => {
    const { seen, host } = spying();
    const blocked = { ...host, shell: { ...host.shell, start: (argv: readonly string[]) => start(argv) } };
    let down = false;
    const start = (argv: readonly string[]) =>
      down ? shell.start(["sleep", "0.1"]) : host.shell.start(argv);
    const lease = await acquireLease(blocked, "web", { holder: holder("one"), waitMs: 0 }, QUICK);
    await keeperOf(files.lease);
    down = true;
    seen.started[0]?.kill();
    const second = await acquire("two", { waitMs: 20_000 });
    assert.equal(second.abandoned?.runId, "one");
    down = false;
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    await lease.release();
    assert.equal(second.lost.aborted, false);
  });

  it("keeps the lock out of its children", async () => {
    // A child that outlives the holder: `mv` leaves one behind.
    const bin = join(pool, "bin");
    mkdirSync(bin);
    const leaveBehind = "setsid sleep 5 </dev/null >/dev/null 2>&1 &";
    writeFileSync(join(bin, "mv"), `#!/bin/sh\n${leaveBehind}\nPATH=/usr/bin:/bin exec mv "$@"\n`, {
      mode: 0o755,
    });
    const start = (argv: readonly string[]): RunningCommand =>
      shell.start(["env", `PATH=${bin}:${process.env.PATH ?? ""}`, ...argv]);
    const host = { shell: { ...shell, start }, spec: localSpec(pool) };
    const lease = await acquireLease(host, "web", { holder: holder("one"), waitMs: 0 }, QUICK);
    process.kill(await keeperOf(files.lease), "SIGKILL");
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    assert.equal((await acquire("two")).abandoned?.runId, "one");
  });

  it("stops waiting when told to", async () => {
    await acquire("one");
    const stop = new AbortController();
    const waiting = acquire("two", {
      waitMs: 20_000,
      signal: stop.signal,
      onWait: () => stop.abort(new Error("stop")),
    });
    await assert.rejects(waiting, /^Error: stop$/);
  });

  it("counts a lock on a deleted folder for nothing", async () => {
    const first = await acquire("one");
    const waiting = acquire("two", { waitMs: 10_000, onWait: () => void deleteAndRelease() });
    const deleteAndRelease = async (): Promise<void> => {
      rmSync(files.folder, { recursive: true });
      await first.release();
    };
    await assert.rejects(waiting, NoGuestFolderError);
    assert.equal(existsSync(files.folder), false);
  });

  it("says so when the guest has no folder", async () => {
    rmSync(files.folder, { recursive: true });
    await assert.rejects(acquire("one"), NoGuestFolderError);
  });

  it("takes a record that cannot be read as an unknown holder's", async () => {
    writeFileSync(files.leaseHolder, "{half");
    assert.equal((await acquire("one")).abandoned?.description, "somebody unknown");
  });

  it("says why when the hypervisor cannot hold a lease", async () => {
    const broken = { ...shell, start: () => shell.start(["sh", "-c", "echo no lock today >&2; exit 3"]) };
    await assert.rejects(
      acquireLease(
        { shell: broken, spec: localSpec(pool) },
        "web",
        { holder: holder("one"), waitMs: 0 },
        QUICK,
      ),
      /lease of guest "web" on local: no lock today/,
    );
  });
});
