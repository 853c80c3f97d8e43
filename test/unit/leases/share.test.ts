import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { openLocalShell } from "../../../connections/local";
import { guestFiles, type GuestFiles } from "../../../hypervisor/guest-files";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import { LeaseHeldError } from "../../../hypervisor/leases/lease";
import { localSpec, QUICK } from "./quick";

/**
 * Stands for libvirt with one guest: whether it is on is whether a file is there, and every order is written down. A
 * guest that hangs does not hear `shutdown`.
 */
const VIRSH = `#!/bin/sh
cd "$GUEST_FARM_TEST"
case $3 in
  domstate) [ -e on ] && echo running || echo 'shut off'; exit 0 ;;
  start) : > on ;;
  shutdown) [ -e hangs ] || rm -f on ;;
  destroy) rm -f on ;;
esac
echo "$3" >> orders
`;

describe("shares of a guest that many use, with real processes", function () {
  this.timeout(60_000);
  const shell = openLocalShell();
  const path = process.env["PATH"] ?? "";
  let pool: string;
  let files: GuestFiles;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm share's "));
    files = guestFiles(pool, "l1");
    mkdirSync(files.folder);
    mkdirSync(join(pool, "bin"));
    writeFileSync(join(pool, "bin", "virsh"), VIRSH, { mode: 0o755 });
    writeFileSync(join(pool, "orders"), "");
    process.env["PATH"] = `${join(pool, "bin")}${delimiter}${path}`;
    process.env["GUEST_FARM_TEST"] = pool;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await free();
    process.env["PATH"] = path;
    delete process.env["GUEST_FARM_TEST"];
    rmSync(pool, { recursive: true, force: true });
  });

  const isOn = () => existsSync(join(pool, "on"));
  const orders = () => readFileSync(join(pool, "orders"), "utf8").split("\n").filter(Boolean);

  /** A user in a process of its own; resolves when it holds a share and has started the guest. */
  const user = async (runId: string): Promise<ChildProcess> => {
    const child = spawn(
      process.execPath,
      ["--require", "tsx/cjs", join(__dirname, "share-process.ts"), pool, runId],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    children.push(child);
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(() => Promise.reject(new Error(`user ${runId} ended`))),
    ]);
    return child;
  };
  /** Resolves when nobody holds the guest, the keeper included: that is a blocking request for the whole lock. */
  const free = async () => {
    const done = spawn("flock", [`${files.lease}.keeper`, "flock", files.lease, "true"], { stdio: "ignore" });
    await once(done, "exit");
  };
  const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
    // One that has lost its share may have ended already.
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  /** Processes of this test by their name in the process table: bash -c TEXT NAME LOCK ... */
  const processes = (name: string): number[] =>
    readdirSync("/proc")
      .map(Number)
      .filter((pid) => {
        const words = pid > 0 ? commandLine(pid) : [];
        return words[3] === name && words.includes(files.lease);
      });
  /** The only such process; what bash forks looks like it until it has become another program. */
  const theOne = async (name: string): Promise<number[]> => {
    await waitUntil(() => processes(name).length === 1);
    return processes(name);
  };
  const commandLine = (pid: number): string[] => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
      return [];
    }
  };
  const whole = (waitMs: number) =>
    acquireLease(
      { shell, spec: localSpec(pool) },
      "l1",
      { holder: { runId: "whole", description: "whole", since: "now" }, waitMs },
      QUICK,
    );

  it("powers the guest off behind the last user, not before", async () => {
    const [one, two] = await Promise.all([user("one"), user("two")]);
    await end(one, "SIGTERM");
    assert.ok(isOn(), "the other one still uses it");
    await end(two, "SIGTERM");
    await free();
    assert.equal(isOn(), false);
    assert.deepEqual(orders(), ["start", "start", "shutdown"]);
    assert.equal(existsSync(files.leaseShares), false);
  });

  it("powers it off when every user was killed", async () => {
    const users = await Promise.all([user("one"), user("two")]);
    for (const each of users) await end(each, "SIGKILL");
    await free();
    assert.equal(isOn(), false);
  });

  it("powers it off when the process that waits to do so was killed first", async () => {
    const one = await user("one");
    const keepers = await theOne("guest-farm-keeper");
    keepers.forEach((pid) => process.kill(pid, "SIGKILL"));
    await end(one, "SIGKILL");
    await waitUntil(() => !isOn());
  });

  it("powers it off when the keeper of its last share was killed", async () => {
    const one = await user("one");
    const holders = await theOne("guest-farm-share-keeper");
    holders.forEach((pid) => process.kill(pid, "SIGKILL"));
    await waitUntil(() => !isOn());
    await end(one, "SIGKILL");
  });

  it("forces a guest off that does not shut down", async () => {
    const one = await user("one");
    appendFileSync(join(pool, "hangs"), "");
    await end(one, "SIGTERM");
    await free();
    assert.equal(isOn(), false);
    assert.deepEqual(orders(), ["start", "shutdown", "shutdown", "destroy"]);
  });

  it("has the next user wait for the power-off and start the guest again", async () => {
    const one = await user("one");
    appendFileSync(join(pool, "hangs"), "");
    await end(one, "SIGTERM");
    await waitUntil(() => orders().includes("shutdown"));
    const two = await user("two");
    assert.deepEqual(orders(), ["start", "shutdown", "shutdown", "destroy", "start"]);
    assert.ok(isOn());
    rmSync(join(pool, "hangs"));
    await end(two, "SIGTERM");
    await free();
    assert.equal(isOn(), false);
  });

  it("keeps whoever wants the guest alone out, and names a user", async () => {
    const one = await user("one");
    await assert.rejects(
      whole(0),
      (error: Error) => error instanceof LeaseHeldError && error.message.includes("test one"),
    );
    const wanted = whole(30_000);
    await end(one, "SIGTERM");
    const lease = await wanted;
    assert.equal(lease.abandoned, null, "users leave nothing to recover from");
    await lease.release();
  });

  it("waits for whoever has the guest alone", async () => {
    const lease = await whole(0);
    const one = user("one");
    await lease.release();
    await end(await one, "SIGTERM");
    await free();
    assert.equal(isOn(), false);
  });

  async function waitUntil(done: () => boolean): Promise<void> {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
