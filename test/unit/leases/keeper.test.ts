import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
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
import type { RunningCommand } from "../../../connections/shell";
import { guestFiles, type GuestFiles } from "../../../hypervisor/guest-files";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import { fencedShell } from "../../../hypervisor/leases/fenced-shell";
import { type AcquireOptions, type FencedLease, LeaseLostError } from "../../../hypervisor/leases/lease";
import { keeperOf } from "../../support/keepers";
import { HOLDER_SCRIPT } from "./old/holder-script";
import { linkedSpec, localSpec, QUICK } from "./quick";

/** Stands for libvirt with one guest; it is on when there is a file. It does not answer while there is another. */
const VIRSH = `#!/bin/sh
cd "$GUEST_FARM_TEST" || exit 1
[ -e gone ] && { echo "error: failed to get domain 'web'$(cat gone)" >&2; echo; exit 1; }
[ -e deaf ] && { echo "$3" >> refused; echo 'error: failed to connect to the hypervisor' >&2; exit 1; }
case $3 in
  domstate) [ -e on ] && echo running || echo 'shut off'; echo; exit 0 ;;
  shutdown) [ -e hangs ] || rm -f on ;;
  destroy) rm -f on ;;
  domjobinfo) [ -e job ] && echo 'Job type:         Unbounded' || echo 'Job type:         None'; exit 0 ;;
  domjobabort) [ -e job ] || exit 1; rm -f job ;;
  *) exit 0 ;;
esac
echo "$3" >> orders
`;

describe("the keeper of a lease, with real processes", function () {
  this.timeout(60_000);
  const shell = openLocalShell();
  const path = process.env["PATH"] ?? "";
  let pool: string;
  let files: GuestFiles;
  const held: FencedLease[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm keeper's "));
    files = guestFiles(pool, "web");
    mkdirSync(files.folder);
    mkdirSync(join(pool, "bin"));
    writeFileSync(join(pool, "bin", "virsh"), VIRSH, { mode: 0o755 });
    writeFileSync(join(pool, "orders"), "");
    process.env["PATH"] = `${join(pool, "bin")}${delimiter}${path}`;
    process.env["GUEST_FARM_TEST"] = pool;
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((lease) => lease.release()));
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await waitUntil(() => readdirSync(pool).every((name) => !name.startsWith(".lease") || isEmpty(name)));
    process.env["PATH"] = path;
    delete process.env["GUEST_FARM_TEST"];
    rmSync(pool, { recursive: true, force: true });
  });

  const isEmpty = (name: string) => readdirSync(join(pool, name)).length === 0;
  const put = (name: string) => writeFileSync(join(pool, name), "");
  const isOn = () => existsSync(join(pool, "on"));
  const orders = () => readFileSync(join(pool, "orders"), "utf8").split("\n").filter(Boolean);
  const acquire = async (runId: string, options: Partial<AcquireOptions> = {}, spec = localSpec(pool)) => {
    const holder = { runId, description: `build@here: ${runId}`, since: "2026-01-01" };
    const lease = await acquireLease({ shell, spec }, "web", { holder, waitMs: 0, ...options }, QUICK);
    held.push(lease);
    return lease;
  };
  const powerOff = { fate: () => "powerOff" as const };

  /** A controller of its own that holds the lease of the guest, which is on. */
  const controller = async (fate: "powerOff" | "leave"): Promise<ChildProcess> => {
    const script = join(__dirname, "holder-process.ts");
    const argv = ["--require", "tsx/cjs", script, pool, "web", "gone", fate];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    await Promise.race([
      once(child.stdout, "data"),
      once(child, "exit").then(() => Promise.reject(new Error("the controller ended"))),
    ]);
    put("on");
    return child;
  };

  it("powers off the guest of a controller that was killed, and then ends the lease", async () => {
    (await controller("powerOff")).kill("SIGKILL");
    await waitUntil(() => !isOn());
    await waitUntil(() => !existsSync(files.leaseHolder));
    assert.deepEqual(orders(), ["destroy"]);
    assert.equal((await acquire("two", { waitMs: 10_000 })).abandoned, null);
  });

  it("leaves a guest on that is to stay, with its record", async () => {
    (await controller("leave")).kill("SIGKILL");
    await waitUntil(() => isEmpty(".lease.web"));
    assert.ok(isOn());
    assert.ok(existsSync(files.leaseHolder));
  });

  it("takes a libvirt that does not answer for no answer", async () => {
    put("deaf");
    (await controller("powerOff")).kill("SIGKILL");
    await waitUntil(() => (tryRead("refused").match(/domstate/g)?.length ?? 0) >= 2);
    assert.ok(existsSync(files.leaseHolder), "the record stays as long as the guest may be on");
    rmSync(join(pool, "deaf"));
    await waitUntil(() => !isOn());
    await waitUntil(() => !existsSync(files.leaseHolder));
  });
  const tryRead = (name: string) =>
    existsSync(join(pool, name)) ? readFileSync(join(pool, name), "utf8") : "";

  it("gives an orphan to whoever comes, with what was left", async () => {
    (await controller("powerOff")).kill("SIGKILL");
    const lease = await acquire("two", { waitMs: 20_000 });
    assert.equal(lease.abandoned?.runId, "gone");
    assert.ok(isOn(), "it is the business of the next holder");
    await lease.release();
    assert.ok(isOn());
  });

  it("powers off what a release finds on, before anybody else gets the guest", async () => {
    const lease = await acquire("one", powerOff);
    put("on");
    await lease.release();
    const next = await acquire("two", { waitMs: 20_000 });
    assert.equal(isOn(), false);
    assert.deepEqual(orders(), ["destroy"]);
    assert.equal(next.abandoned, null);
  });

  it("takes a domain that is not there for off, not one that libvirt cannot look for", async () => {
    for (const [more, isOff] of [
      ["", true],
      ["\nerror: Domain not found: no domain with matching name 'web'", true],
      ["\nerror: Cannot recv data: Connection reset by peer", false],
    ] as const) {
      writeFileSync(join(pool, "gone"), more);
      const lease = await acquire("one", powerOff);
      await lease.release();
      assert.equal(existsSync(files.leaseHolder), !isOff, more);
    }
    rmSync(join(pool, "gone"));
  });

  it("leaves a guest alone whose holder says that it stays as it is", async () => {
    const lease = await acquire("one", powerOff);
    put("on");
    await lease.release({ leaveOn: true });
    assert.ok(isOn());
    assert.equal(existsSync(files.leaseHolder), false);
  });

  it("holds nothing open of whoever started it", async () => {
    const start = (argv: readonly string[]) =>
      shell.start(["bash", "-c", 'exec 33> "$1"; shift; exec "$@"', "bash", join(pool, "held"), ...argv]);
    const host = { shell: { ...shell, start }, spec: localSpec(pool) };
    const holder = { runId: "one", description: "one", since: "2026-01-01" };
    held.push(await acquireLease(host, "web", { holder, waitMs: 0 }, QUICK));
    const keeper = await keeperOf(files.lease);
    await waitUntil(() => readdirSync(`/proc/${keeper}/fd`).every((fd) => Number(fd) < 10));
  });

  it("asks a guest to shut down whose disk lives on, and forces it at the very end", async () => {
    const lease = await acquire("one", { ...powerOff, shutdown: { tries: 2, delay: 1 } });
    put("on");
    put("hangs");
    await lease.release();
    await waitUntil(() => !isOn());
    assert.deepEqual(orders(), ["shutdown", "shutdown", "destroy"]);
  });

  it("ends what runs under the lease before it grants it, with all that it has started", async () => {
    const silent = { ...QUICK, beatMs: 60_000, answerMs: 70_000, holdMs: 1_000 };
    const holder = { runId: "one", description: "one", since: "2026-01-01" };
    const host = { shell, spec: linkedSpec(pool) };
    const lease = await acquireLease(host, "web", { holder, waitMs: 0 }, silent);
    held.push(lease);
    const fenced = fencedShell(shell);
    fenced.enter(lease.fence);
    const script = 'trap "" TERM HUP; (setsid sleep 3600 & echo $!); echo "$$"; sleep 3600; touch "$1"';
    const running = fenced.start(["sh", "-c", script, "sh", join(pool, "late")]);
    const pids = await firstLines(running, 2);
    put("job");
    const next = await acquire("two", { waitMs: 20_000 });
    for (const pid of pids) assert.equal(commandLine(pid), "", `${pid} has ended`);
    assert.equal(existsSync(join(pool, "job")), false, "libvirt was stopped");
    await assert.rejects(fenced.run({ argv: ["true"] }), LeaseLostError);
    assert.equal(next.lost.aborted, false);
  });

  it("ends what still runs under a lease that is released", async () => {
    const lease = await acquire("one");
    const fenced = fencedShell(shell);
    fenced.enter(lease.fence);
    assert.equal(await fenced.output({ argv: ["echo", "it's $fine"] }), "it's $fine\n");
    assert.equal((await fenced.run({ argv: ["sh", "-c", "echo no; exit 75"] })).exitCode, 75);
    const running = fenced.start(["sleep", "3600"]);
    await waitUntil(() => readFileSync("/proc/locks", "utf8").includes("FLOCK"));
    await lease.release();
    await running.exited;
    await assert.rejects(fenced.output({ argv: ["true"] }), LeaseLostError);
  });

  it("lets the next one end what a keeper that was killed has left running", async () => {
    const lease = await acquire("one");
    const fenced = fencedShell(shell);
    fenced.enter(lease.fence);
    const [pid = 0] = await firstLines(fenced.start(["sh", "-c", "echo $$; exec sleep 3600"]), 1);
    process.kill(await keeperOf(files.lease), "SIGKILL");
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    const next = await acquire("two", { waitMs: 10_000 });
    assert.equal(next.abandoned?.runId, "one");
    assert.equal(commandLine(pid), "");
  });

  it("is followed by another one, when it was killed, as soon as any guest of the host gets a lease", async () => {
    const child = await controller("powerOff");
    process.kill(await keeperOf(files.lease), "SIGKILL");
    child.kill("SIGKILL");
    await once(child, "exit");
    mkdirSync(guestFiles(pool, "other").folder);
    const holder = { runId: "other", description: "other", since: "2026-01-01" };
    const host = { shell, spec: localSpec(pool) };
    held.push(await acquireLease(host, "other", { holder, waitMs: 0 }, QUICK));
    await waitUntil(() => !isOn());
    await waitUntil(() => !existsSync(files.leaseHolder));
  });
  /** Empty: it has ended, though its parent may not have asked for its end yet. */
  const commandLine = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return "";
    }
  };

  describe("beside controllers of an older release", () => {
    const old = (): RunningCommand => {
      const args = [files.lease, files.leaseHolder, "2", files.leaseShares];
      const process = shell.start(["bash", "-c", HOLDER_SCRIPT, "guest-farm-lease", ...args]);
      process.write('{"runId":"old","description":"old","since":""}\n');
      return process;
    };

    it("waits for one that holds the lease, and finds its record", async () => {
      const other = old();
      const lines = other.lines[Symbol.asyncIterator]();
      assert.equal((await lines.next()).value, "granted ");
      other.write("take\n");
      assert.equal((await lines.next()).value, "held");
      const told: string[] = [];
      const next = acquire("new", {
        waitMs: 20_000,
        onWait: ({ description }) => {
          told.push(description);
          other.kill();
        },
      });
      assert.equal((await next).abandoned?.runId, "old");
      assert.deepEqual(told, ["old"]);
    });

    it("keeps one waiting, and gives it an orphan", async () => {
      const child = await controller("powerOff");
      const other = old();
      const lines = other.lines[Symbol.asyncIterator]();
      assert.match(String((await lines.next()).value), /^waiting \{"runId":"gone"/);
      child.kill("SIGKILL");
      let said = "waiting";
      while (said.startsWith("waiting")) {
        other.write("again\n");
        said = String((await lines.next()).value);
      }
      assert.match(said, /^granted \{"runId":"gone"/);
      assert.ok(isOn());
      other.kill();
      await other.exited;
    });
  });

  async function firstLines(command: RunningCommand, count: number): Promise<number[]> {
    const lines = command.lines[Symbol.asyncIterator]();
    const found: number[] = [];
    while (found.length < count) found.push(Number((await lines.next()).value));
    return found;
  }

  async function waitUntil(done: () => boolean): Promise<void> {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
