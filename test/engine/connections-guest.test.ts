import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { readFileSync, readdirSync, existsSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type GuestScript } from "../../connections/guest-connection";
import { CommandTimeoutError, LinkLostError } from "../../connections/shell";
import { SshGuest, type SshGuestSpec } from "../../connections/ssh/guest";
import { startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";
import { allProcesses, processesWith } from "../support/processes";

const RUN: Omit<GuestScript, "text"> = { shell: "sh", timeoutMs: 20_000 };

/** A program that connects to a guest, prints where its private folder is, and waits. */
const OWNER = join(__dirname, "..", "support", "connection-owner.ts");

/** Scripts that are in the memory file system now. */
const scriptsLeft = (): string[] => readdirSync("/dev/shm").filter((name) => name.startsWith("gf-"));

describe("a guest over OpenSSH", () => {
  let sshd: LoopbackSshd;
  let guest: SshGuest;
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
  });
  after(async () => {
    await guest.close();
    await sshd.stop();
  });

  describe("scripts", () => {
    it("run with environment, folder and an empty input, from where only their user can read", async () => {
      const result = await guest.run({
        ...RUN,
        text: 'printf "%s|" "$A" "$PWD"; cat; stat -Lc %a "$0"; umask; echo err >&2; exit 4',
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

    it("are ended whole when only the first of them heeds the first signal", async () => {
      const text = "(trap '' TERM; sleep 65.25; sleep 65.25) & sleep 65.25";
      await assert.rejects(guest.run({ ...RUN, text, timeoutMs: 700 }), CommandTimeoutError);
      assert.deepEqual(processesWith("65.25"), []);
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

    it("end with their owner, even when it is killed", async () => {
      const spec = {
        address: "127.0.0.1",
        port: sshd.port,
        user,
        os: "linux",
        via: [],
        hostKeys: [sshd.hostKey],
      };
      const owner = spawn(process.execPath, ["--require", "tsx/cjs", OWNER], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      owner.stdin.end(JSON.stringify({ ...spec, privateKey: sshd.privateKey }));
      const [line] = (await once(owner.stdout, "data")) as [Buffer];
      const folder = line.toString().trim();
      assert.ok(processesWith(folder).length >= 3, "agent, keeper and link");
      owner.kill("SIGKILL");
      await once(owner, "exit");
      await until(() => processesWith(folder).length === 0 && !existsSync(folder));
    });
  });
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, "it did not happen within 15 s");
    await delay(50);
  }
}
