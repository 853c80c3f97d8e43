import { strict as assert } from "node:assert";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { HostKeyError, ReadinessError, type GuestScript } from "../../connections/guest-connection";
import { CommandError, CommandTimeoutError, LinkLostError } from "../../connections/shell";
import { SshGuest, type SshGuestSpec } from "../../connections/ssh/guest";
import { UserError } from "../../definitions/user-error";
import { freePort, startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";
import { allProcesses, processesWith } from "../support/processes";

const RUN: Omit<GuestScript, "text"> = { shell: "sh", timeoutMs: 20_000 };
const COPY = { timeoutMs: 20_000 };

/** Scripts that are in the memory file system now. */
const scriptsLeft = (): string[] => readdirSync("/dev/shm").filter((name) => name.startsWith("gf-"));

describe("a guest over OpenSSH", () => {
  let sshd: LoopbackSshd;
  let guest: SshGuest;
  let folder: string;
  const user = userInfo().username;

  const spec = (changes: Partial<SshGuestSpec> = {}): SshGuestSpec => ({
    address: "127.0.0.1",
    port: sshd.port,
    user,
    privateKey: sshd.privateKey,
    hostKeys: [sshd.hostKey],
    os: "linux",
    via: [{ type: "local" }],
    ...changes,
  });
  const withGuest = async (changes: Partial<SshGuestSpec>, work: (guest: SshGuest) => Promise<unknown>) => {
    const own = new SshGuest(spec(changes));
    try {
      await work(own);
    } finally {
      await own.close();
    }
  };

  before(async () => {
    sshd = await startLoopbackSshd();
    guest = new SshGuest(spec());
    folder = mkdtempSync(join(tmpdir(), "gf-guest-"));
  });
  after(async () => {
    await guest.close();
    await sshd.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe("scripts", () => {
    it("run with environment, folder and an empty input, from a file that only their user can read", async () => {
      const result = await guest.run({
        ...RUN,
        text: 'printf "%s|" "$A" "$PWD"; cat; stat -c %a "$0"; umask; echo err >&2; exit 4',
        env: { A: "it's $(id)\nx" },
        dir: "/usr/share",
      });
      assert.deepEqual(result, {
        exitCode: 4,
        stdout: "it's $(id)\nx|/usr/share|600\n0022\n",
        stderr: "err\n",
      });
      assert.deepEqual(scriptsLeft(), []);
    });

    it("read their own standard input", async () => {
      assert.equal((await guest.run({ ...RUN, text: "cat; exit 255", stdin: "a\0b" })).stdout, "a\0b");
      assert.deepEqual(scriptsLeft(), []);
    });

    it("run in bash where that is asked for", async () => {
      const { stdout } = await guest.run({ ...RUN, shell: "bash", text: 'echo "${BASH_VERSION:+bash}"' });
      assert.equal(stdout, "bash\n");
    });

    it("do not run in a folder that is not there", async () => {
      const { exitCode, stdout } = await guest.run({ ...RUN, text: "echo ran", dir: "/no/such" });
      assert.notEqual(exitCode, 0);
      assert.equal(stdout, "");
    });

    it("may leave a background process behind", async () => {
      const started = Date.now();
      const { stdout } = await guest.run({ ...RUN, text: "sleep 12.75 & echo done" });
      assert.equal(stdout, "done\n");
      assert.ok(Date.now() - started < 8_000);
    });

    it("may print 100 MB of anything, in bounded memory", async () => {
      const before = process.memoryUsage().rss;
      let seen = 0;
      const text = "head -c 100000000 /dev/urandom; printf END";
      const { stdout } = await guest.run({
        ...RUN,
        text,
        timeoutMs: 60_000,
        onOutput: (_, chunk) => (seen += chunk.length),
      });
      assert.equal(seen, 100_000_003);
      assert.ok(stdout.endsWith("END"));
      assert.ok(process.memoryUsage().rss - before < 80_000_000);
    });

    it("are ended with all they have started at a timeout, and removed", async () => {
      const text = "trap '' TERM; sleep 63.25 & sleep 63.25; sleep 63.25";
      await assert.rejects(guest.run({ ...RUN, text, timeoutMs: 700 }), CommandTimeoutError);
      assert.deepEqual(processesWith("63.25"), []);
      assert.deepEqual(scriptsLeft(), []);
    });

    it("are ended when the run is cancelled", async () => {
      const controller = new AbortController();
      const running = guest.run({
        ...RUN,
        text: "echo on; sleep 64.25",
        signal: controller.signal,
        onOutput: () => controller.abort(new Error("cancelled")),
      });
      await assert.rejects(running, /cancelled/);
      assert.deepEqual(processesWith("64.25"), []);
    });

    it("fail when the link breaks, at once and with a reason", async () => {
      const running = guest.run({ ...RUN, text: "echo on; sleep 5", onOutput: () => sshd.cut() });
      await assert.rejects(
        running,
        (error) => error instanceof LinkLostError && /link broke while the script ran/.test(error.message),
      );
      assert.equal((await guest.run({ ...RUN, text: "echo again" })).stdout, "again\n");
    });

    it("run 20 at once", async () => {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, index) => guest.run({ ...RUN, text: `echo ${index}` })),
      );
      assert.deepEqual(
        results.map(({ stdout }) => stdout),
        Array.from({ length: 20 }, (_, index) => `${index}\n`),
      );
    });
  });

  describe("secrets", () => {
    it("are in no argument list and no environment while they are used", async () => {
      const secret = "planted-secret-5c1d";
      const seen: string[] = [];
      const look = (): void => {
        for (const { argv, environment } of allProcesses()) {
          if (argv.includes(secret)) seen.push(argv);
          // The script's own child gets what the script exports: that is the guest's affair.
          if (environment.includes(secret) && !argv.startsWith("sleep")) seen.push(argv);
        }
      };
      const keyLine = sshd.privateKey.split("\n")[1] ?? "";
      await guest.run({
        ...RUN,
        text: `: ${secret}; echo on; sleep 0.5`,
        stdin: secret,
        onOutput: () => {
          look();
          assert.ok(allProcesses().every(({ argv, environment }) => !(argv + environment).includes(keyLine)));
        },
      });
      assert.deepEqual(seen, []);
    });

    it("leave no file behind, not even while the connection is open", async () => {
      await guest.run({ ...RUN, text: "true" });
      const keyLine = sshd.privateKey.split("\n")[1] ?? "";
      const folders = readdirSync(tmpdir()).filter((name) => /^gf-[A-Za-z0-9]{6}$/.test(name));
      assert.ok(folders.length > 0);
      for (const name of folders) {
        assert.equal(statSync(join(tmpdir(), name)).mode & 0o777, 0o700);
        for (const file of readdirSync(join(tmpdir(), name), { withFileTypes: true })) {
          if (!file.isFile()) continue;
          assert.ok(!readFileSync(join(tmpdir(), name, file.name), "utf8").includes(keyLine), file.name);
        }
      }
    });

    it("end with the connection: no agent, no master, no folder stays", async () => {
      const before = new Set(readdirSync(tmpdir()).filter((name) => name.startsWith("gf-")));
      let own: string[] = [];
      await withGuest({}, async (other) => {
        await other.run({ ...RUN, text: "true" });
        own = readdirSync(tmpdir()).filter((name) => name.startsWith("gf-") && !before.has(name));
        assert.equal(own.length, 1);
        assert.ok(processesWith(own[0] ?? "?").length >= 2);
      });
      assert.deepEqual(processesWith(own[0] ?? "?"), []);
      assert.ok(!readdirSync(tmpdir()).includes(own[0] ?? "?"));
    });
  });

  describe("files", () => {
    const name = `a b "q" $(x) 'y' \\ *`;

    it("are written whole, with mode, parents made", async () => {
      const path = join(folder, "new", name, "f");
      const content = Buffer.from([0, 1, 254, 255, 10, 13]);
      await guest.write(path, content, { ...COPY, mode: "0751" });
      assert.deepEqual(readFileSync(path), content);
      assert.equal(statSync(path).mode & 0o777, 0o751);
      await guest.write(path, Buffer.alloc(0), COPY);
      assert.equal(readFileSync(path).length, 0);
      assert.deepEqual(readdirSync(join(folder, "new", name)), ["f"]);
    });

    it("are not written over a folder", async () => {
      await assert.rejects(
        guest.write(folder, Buffer.from("x"), COPY),
        (error) => error instanceof CommandError && /is a folder/.test(error.message),
      );
    });

    it("of 30 MB go there and back", async () => {
      const content = Buffer.alloc(30_000_000, "guest-farm ");
      const local = join(folder, "big");
      writeFileSync(local, content, { mode: 0o640 });
      await guest.copyTo(local, join(folder, "there"), COPY);
      assert.ok(readFileSync(join(folder, "there")).equals(content));
      assert.equal(statSync(join(folder, "there")).mode & 0o777, 0o640);
      await guest.copyFrom(join(folder, "there"), join(folder, "back", "big"), COPY);
      assert.ok(readFileSync(join(folder, "back", "big")).equals(content));
    });

    it("in folders go there and back, with names and modes", async () => {
      const local = join(folder, "tree");
      mkdirSync(join(local, name, "empty"), { recursive: true });
      writeFileSync(join(local, name, "run me"), "#!/bin/sh\n");
      chmodSync(join(local, name, "run me"), 0o750);
      await guest.copyTo(local, join(folder, "tree2"), COPY);
      assert.equal(statSync(join(folder, "tree2", name, "run me")).mode & 0o777, 0o750);
      assert.ok(statSync(join(folder, "tree2", name, "empty")).isDirectory());
      await guest.copyFrom(join(folder, "tree2"), join(folder, "tree3"), COPY);
      assert.equal(readFileSync(join(folder, "tree3", name, "run me"), "utf8"), "#!/bin/sh\n");
      await guest.copyTo(local, join(folder, "tree2"), { ...COPY, mode: "0600" });
      assert.equal(statSync(join(folder, "tree2", name, "run me")).mode & 0o777, 0o600);
    });

    it("that are not there cannot be fetched, and nothing is left of the try", async () => {
      const target = join(folder, "nothing");
      await assert.rejects(
        guest.copyFrom("/no/such file", target, COPY),
        /there is no \/no\/such file in the guest/,
      );
      assert.ok(!readdirSync(folder).some((entry) => entry.startsWith("nothing")));
    });

    it("keep their old content when a transfer breaks", async () => {
      const path = join(folder, "kept");
      writeFileSync(path, "old");
      const running = guest.write(path, Buffer.alloc(200_000_000), COPY);
      await new Promise((resolve) => setTimeout(resolve, 150));
      sshd.cut();
      await assert.rejects(running, LinkLostError);
      assert.equal(readFileSync(path, "utf8"), "old");
    });
  });

  describe("readiness", () => {
    it("is a banner, a login and cloud-init", async () => {
      const waits: string[] = [];
      await withGuest({}, async (own) => {
        await own.waitUntilReady({ mode: "login", timeoutMs: 20_000, onWait: (what) => waits.push(what) });
        assert.equal(await own.answers(5_000), true);
      });
      assert.deepEqual(waits.slice(0, 2), [
        `the SSH server at 127.0.0.1:${sshd.port}`,
        `a login at 127.0.0.1:${sshd.port}`,
      ]);
    });

    it("waits for a server that starts late", async () => {
      const late = startLater(300);
      await withGuest({ port: await late.port }, async (own) => {
        await own.waitUntilReady({ mode: "port", timeoutMs: 20_000 });
      });
      await late.stop();
    });

    it("refuses another host key at once", async () => {
      await withGuest({ hostKeys: [sshd.otherKey] }, async (own) => {
        const started = Date.now();
        await assert.rejects(
          own.waitUntilReady({ mode: "login", timeoutMs: 60_000 }),
          (error) =>
            error instanceof HostKeyError && error.message.includes(`${user}@127.0.0.1:${sshd.port}`),
        );
        assert.ok(Date.now() - started < 10_000);
        assert.equal(await own.answers(3_000), false);
      });
    });

    it("accepts any of several pinned keys", async () => {
      await withGuest({ hostKeys: [sshd.otherKey, sshd.hostKey] }, async (own) => {
        assert.equal((await own.run({ ...RUN, text: "echo in" })).stdout, "in\n");
      });
    });

    it("ends in time where nothing listens, and says so", async () => {
      await withGuest({ port: await freePort() }, async (own) => {
        await assert.rejects(
          own.waitUntilReady({ mode: "login", timeoutMs: 400 }),
          (error) => error instanceof ReadinessError && /last seen: connection refused/.test(error.message),
        );
        assert.equal(await own.answers(200), false);
      });
    });

    it("tells a login that is refused all the time", async () => {
      await withGuest({ privateKey: readFileSync(join(sshd.folder, "other"), "utf8") }, async (own) => {
        await assert.rejects(own.waitUntilReady({ mode: "login", timeoutMs: 2_000 }), /Permission denied/);
      });
    });

    it("refuses a key that is none", async () => {
      await withGuest({ privateKey: "not a key" }, async (own) => {
        await assert.rejects(own.run({ ...RUN, text: "true" }), UserError);
      });
    });
  });

  it("answers again after its connections were dropped", async () => {
    await guest.run({ ...RUN, text: "true" });
    await guest.drop();
    await guest.drop();
    assert.equal((await guest.run({ ...RUN, text: "echo back" })).stdout, "back\n");
  });

  it("writes file systems to disk", () => guest.syncFileSystems());

  it("is reached through its hypervisor's host, over that host's connection", async () => {
    const host = await startLoopbackSshd();
    try {
      const via = {
        type: "ssh" as const,
        host: "127.0.0.1",
        port: host.port,
        user,
        identityFile: host.identityFile,
        hostKey: host.hostKey,
      };
      await withGuest({ via: [via] }, async (own) => {
        await own.waitUntilReady({ mode: "login", timeoutMs: 30_000 });
        assert.equal((await own.run({ ...RUN, text: "echo through" })).stdout, "through\n");
        assert.equal(host.connections().length, 1);
      });
    } finally {
      await host.stop();
    }
  });
});

/** A server on a port that is known before it listens. */
function startLater(delayMs: number): { port: Promise<number>; stop: () => Promise<void> } {
  const port = freePort();
  const server = port.then(async (known) => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    return startLoopbackSshd([], known);
  });
  return { port, stop: async () => (await server).stop() };
}
