import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ReadinessError } from "../../../connections/guest-connection";
import { SshGuest } from "../../../connections/ssh/guest";
import { SshSession } from "../../../connections/ssh/session";

/** An `ssh` that notes how it was called and refuses, or hangs. */
const SSH = (log: string, end: string) => `#!/bin/sh
printf '%s\\n' "$*" >> '${log}'
echo 'me@there: Permission denied (publickey).' >&2
${end}
`;

describe("the time that a login may take", () => {
  const folder = mkdtempSync(join(tmpdir(), "gf-login-"));
  const log = join(folder, "calls");
  const path = process.env["PATH"];
  const play = (end: string): void => {
    writeFileSync(log, "");
    writeFileSync(join(folder, "ssh"), SSH(log, end));
    chmodSync(join(folder, "ssh"), 0o755);
  };
  before(() => (process.env["PATH"] = `${folder}:${path ?? ""}`));
  after(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Until when a greeting is waited for, in the first call of ssh; seconds. */
  const greeting = (): string | undefined => /ConnectTimeout=(\d+)/.exec(readFileSync(log, "utf8"))?.[1];
  const guest = () =>
    new SshGuest({
      address: "127.0.0.1",
      port: 1,
      user: "me",
      hostKeys: ["ssh-ed25519 AAAA"],
      os: "linux",
      via: [],
    });
  const waitFor = async (timeoutMs: number): Promise<void> => {
    const own = guest();
    const over = new AbortController();
    const waiting = own.waitUntilReady({ mode: "login", timeoutMs, resumed: true, signal: over.signal });
    const stopped = assert.rejects(waiting);
    while (greeting() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    over.abort();
    await stopped;
    await own.close();
  };

  for (const [timeoutMs, seconds] of [
    [1_000_000_000, "60"],
    [300_000, "50"],
    [120_000, "20"],
    [30_000, "20"],
  ] as const) {
    it(`follows from the ${timeoutMs / 1000} s that the guest is waited for`, async () => {
      play("exit 255");
      await waitFor(timeoutMs);
      assert.equal(greeting(), seconds);
    });
  }

  it("is a minute where nobody waits, and never shorter", async () => {
    play("exit 255");
    const session = new SshSession({ nodes: [{ alias: "there" }] });
    session.waitFor(5);
    await assert.rejects(session.connect(), /Permission denied/);
    assert.equal(greeting(), "20");
    await session.close();
  });

  it("holds for the machines on the way as well, and is not taken back", async () => {
    play("exit 255");
    const through = new SshSession({ nodes: [{ alias: "gate" }] });
    const session = new SshSession({ nodes: [{ alias: "there" }], through });
    session.waitFor(240_000);
    session.waitFor(1_000);
    await assert.rejects(session.connect(), /no connection to ssh gate/);
    assert.equal(greeting(), "40");
    await session.close();
    await through.close();
  });

  it("ends with the time that the guest is waited for, and says what ssh said last", async () => {
    play("sleep 600");
    const own = guest();
    await assert.rejects(
      own.waitUntilReady({ mode: "login", timeoutMs: 400, resumed: true }),
      (error) => error instanceof ReadinessError && error.message.startsWith("waited 0.4 s for a login"),
    );
    await own.close();
  });
});
