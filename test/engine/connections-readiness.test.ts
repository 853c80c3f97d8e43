import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { HostKeyError, ReadinessError, type GuestScript } from "../../connections/guest-connection";
import { SshGuest, type SshGuestSpec } from "../../connections/ssh/guest";
import { UserError } from "../../definitions/user-error";
import { freePort } from "../support/free-port";
import { startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";

const RUN: Omit<GuestScript, "text"> = { shell: "sh", timeoutMs: 20_000 };

describe("waiting for and reaching a guest over OpenSSH", () => {
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
