import { strict as assert } from "node:assert";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ReadinessError } from "../../connections/guest-connection";
import { openShell } from "../../connections/open";
import { SshGuest } from "../../connections/ssh/guest";
import type { HostConnectionSpec } from "../../hypervisor/spec";
import { freePort } from "../support/free-port";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";

type SshHost = Extract<HostConnectionSpec, { type: "ssh" }>;

describe("a way over several machines", () => {
  let first: LoopbackSshd;
  let second: LoopbackSshd;
  const user = userInfo().username;
  const hop = (sshd: LoopbackSshd, changes: Partial<SshHost> = {}): SshHost => ({
    type: "ssh",
    host: "127.0.0.1",
    port: sshd.port,
    user,
    identityFile: sshd.identityFile,
    hostKey: sshd.hostKey,
    ...changes,
  });
  /** Waits for a guest behind hosts; the guest itself is the second server again. */
  const wait = async (
    via: readonly HostConnectionSpec[],
    port = second.port,
    timeoutMs = 4_000,
  ): Promise<void> => {
    const guest = new SshGuest({
      address: "127.0.0.1",
      port,
      user,
      privateKey: second.privateKey,
      hostKeys: [second.hostKey],
      os: "linux",
      via,
    });
    try {
      await guest.waitUntilReady({ mode: "login", timeoutMs });
    } finally {
      await guest.close();
    }
  };
  /** What the error says was seen last. */
  const seen = async (via: readonly HostConnectionSpec[], port?: number): Promise<string> => {
    try {
      await wait(via, port);
    } catch (error) {
      assert.ok(error instanceof ReadinessError, String(error));
      return error.message;
    }
    throw new assert.AssertionError({ message: "the guest was reached" });
  };

  before(async () => {
    [first, second] = await Promise.all([startLoopbackSshd(), startLoopbackSshd()]);
  });
  after(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });

  it("leads to the guest when every login works", async () => {
    await wait([hop(first), hop(second)], second.port, 60_000);
  });

  it("says which machine nobody listens at", async () => {
    const port = await freePort();
    const last = await seen([hop(first), hop(second, { port })]);
    assert.match(last, new RegExp(`no connection to ssh ${user}@127\\.0\\.0\\.1:${port}: .*[Cc]onnect`));
    const near = await seen([hop(first, { port }), hop(second)]);
    assert.match(
      near,
      new RegExp(`no connection to ssh ${user}@127\\.0\\.0\\.1:${port}: .*Connection refused`),
    );
  });

  it("says which machine refuses the login", async () => {
    const refused = await seen([hop(first), hop(second, { identityFile: join(second.folder, "other") })]);
    assert.match(refused, new RegExp(`ssh ${user}@127\\.0\\.0\\.1:${second.port}: .*Permission denied`));
    assert.doesNotMatch(refused, new RegExp(`no connection to ssh ${user}@127\\.0\\.0\\.1:${first.port}`));
  });

  it("says which machine shows another host key than the pinned one", async () => {
    const wrong = await seen([hop(first, { hostKey: first.otherKey }), hop(second)]);
    assert.match(wrong, new RegExp(`${user}@127\\.0\\.0\\.1:${first.port}.*its key is SHA256:`));
  });

  it("says of the guest itself that nobody listens there", async () => {
    const port = await freePort();
    const last = await seen([hop(first), hop(second)], port);
    assert.match(last, new RegExp(`the SSH server at 127\\.0\\.0\\.1:${port}.*port is closed`));
    assert.doesNotMatch(last, /no connection to/);
  });

  it("says which machine of a host's own `jump` list fails", async () => {
    const port = await freePort();
    const shell = openShell(hop(second, { jump: [`somebody@127.0.0.1:${port}`] }));
    try {
      await assert.rejects(
        shell.run({ argv: ["true"] }),
        new RegExp(
          `no connection to ssh ${user}@127\\.0\\.0\\.1:${second.port}: .*127\\.0\\.0\\.1 port ${port}: Connection refused`,
        ),
      );
    } finally {
      await shell.close();
    }
  });
});
