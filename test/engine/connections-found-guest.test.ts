import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { LinkLostError } from "../../connections/shell";
import { ReadinessError } from "../../connections/guest-connection";
import { FoundGuest } from "../../connections/ssh/found-guest";
import { freePort } from "../support/free-port";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";

const NOBODY = "127.0.0.3";
const STRANGER = "127.0.0.2";
const HERE = "127.0.0.1";

/** Leases and neighbours can be old ones: other machines have the addresses by now. */
describe("a guest whose address has to be found", function () {
  this.timeout(60_000);
  let sshd: LoopbackSshd;
  let stranger: LoopbackSshd;
  let addresses: readonly string[];
  let found: FoundGuest;

  before(async () => {
    const port = await freePort();
    sshd = await startLoopbackSshd([], port);
    stranger = await startLoopbackSshd([], port, STRANGER);
  });
  after(async () => {
    await sshd.stop();
    await stranger.stop();
  });
  beforeEach(() => {
    found = new FoundGuest(
      {
        port: sshd.port,
        user: userInfo().username,
        privateKey: sshd.privateKey,
        hostKeys: [sshd.hostKey],
        os: "linux",
        via: [{ type: "local" }],
      },
      "wanderer",
      () => Promise.resolve(addresses),
    );
  });
  afterEach(() => found.close());

  const ready = (timeoutMs = 20_000) => found.waitUntilReady({ mode: "login", timeoutMs });
  const whereItRuns = async () => {
    const { stdout } = await found.run({ shell: "sh", text: "echo $SSH_CONNECTION", timeoutMs: 20_000 });
    return stdout.split(" ")[2];
  };

  it("is not looked for at an address where another machine answers, or none", async () => {
    addresses = [STRANGER, NOBODY, HERE];
    await ready();
    assert.equal(await whereItRuns(), HERE);
    assert.equal(found.lastAddress, HERE);
    assert.deepEqual(stranger.connections(), []);
  });

  it("is found again when another machine has got its address", async () => {
    addresses = [HERE];
    await ready();
    found.lastAddress = STRANGER;
    addresses = [STRANGER, HERE];
    await ready();
    assert.equal(await whereItRuns(), HERE);
  });

  it("is waited for until it has an address", async () => {
    addresses = [];
    const waiting = found.waitUntilReady({
      mode: "login",
      timeoutMs: 20_000,
      onWait: () => {
        addresses = [HERE];
      },
    });
    await waiting;
    assert.equal(await whereItRuns(), HERE);
  });

  it("is missed with what was seen last when only others answer, and nothing runs there", async () => {
    addresses = [STRANGER];
    await assert.rejects(ready(1500), (error: unknown) => {
      assert.ok(error instanceof ReadinessError);
      assert.match(error.message, /another machine at 127\.0\.0\.2/);
      return true;
    });
    await assert.rejects(whereItRuns(), LinkLostError);
  });

  it("is not taken for another machine that would let the same login in", async () => {
    const login = {
      privateKey: stranger.privateKey,
      user: userInfo().username,
      os: "linux",
      via: [],
    } as const;
    const way = { ...login, port: sshd.port, hostKeys: [sshd.hostKey] };
    const own = new FoundGuest(way, "wanderer", () => Promise.resolve([STRANGER]));
    try {
      await assert.rejects(own.waitUntilReady({ mode: "login", timeoutMs: 6_000 }), /another machine at/);
      assert.equal(own.lastAddress, undefined);
      assert.equal(await own.answers(1_000), false);
      // Where its own key answers, a refused login is no sign of a stranger: a first boot makes accounts late.
      const refused = new FoundGuest(way, "wanderer", () => Promise.resolve([HERE]));
      await assert
        .rejects(refused.waitUntilReady({ mode: "login", timeoutMs: 12_000 }), /Permission denied/)
        .finally(() => refused.close());
      assert.equal(refused.lastAddress, HERE);
    } finally {
      await own.close();
    }
  });

  for (const silent of [true, false]) {
    it(`is found beside a machine that greets and then ${silent ? "keeps silent" : "hangs up"}`, async () => {
      const server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.write("SSH-2.0-nobody\r\n");
        if (!silent) socket.end();
      });
      server.listen(sshd.port, NOBODY);
      await once(server, "listening");
      try {
        addresses = [NOBODY, HERE];
        await ready(silent ? 12_000 : 30_000);
        assert.equal(await whereItRuns(), HERE);
      } finally {
        server.close();
      }
    });
  }
});
