import { strict as assert } from "node:assert";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { userInfo } from "node:os";
import { ReadinessError } from "../../connections/guest-connection";
import { FoundGuest } from "../../connections/ssh/found-guest";
import { freePort } from "../support/free-port";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";

const [STRANGER, GUEST, NOBODY] = ["127.0.0.2", "127.0.0.3", "127.0.0.4"];

describe("a guest that has to be found", () => {
  let guest: LoopbackSshd;
  let stranger: LoopbackSshd;
  const found = (
    locate: () => readonly string[],
    changes: { privateKey?: string; hostKeys?: string[] } = {},
  ) =>
    new FoundGuest(
      {
        port: guest.port,
        user: userInfo().username,
        privateKey: guest.privateKey,
        hostKeys: [guest.hostKey],
        os: "linux",
        via: [],
        ...changes,
      },
      "web",
      () => Promise.resolve(locate()),
    );

  before(async () => {
    const port = await freePort();
    guest = await startLoopbackSshd([], port, GUEST);
    stranger = await startLoopbackSshd([], port, STRANGER);
  });
  after(async () => {
    await Promise.all([guest.stop(), stranger.stop()]);
  });

  it("is where the pinned key answers, whoever has got its old addresses", async () => {
    const own = found(() => [STRANGER, NOBODY, GUEST]);
    try {
      await own.waitUntilReady({ mode: "login", timeoutMs: 60_000 });
      assert.equal(own.lastAddress, GUEST);
      const { stdout } = await own.run({ text: "echo $SSH_CONNECTION", shell: "sh", timeoutMs: 20_000 });
      assert.match(stdout, /127\.0\.0\.3/);
    } finally {
      await own.close();
    }
  });

  it("is not believed to be another machine that lets the same key in", async () => {
    // The stranger accepts the guest's login, as another guest of the farm would.
    const own = found(() => [STRANGER], { privateKey: stranger.privateKey });
    try {
      await assert.rejects(
        own.waitUntilReady({ mode: "login", timeoutMs: 3_000 }),
        (error) =>
          error instanceof ReadinessError &&
          /guest web at any address/.test(error.message) &&
          error.message.includes(`another machine at ${STRANGER}: `),
      );
      assert.equal(own.lastAddress, undefined);
      assert.equal(await own.answers(1_000), false);
    } finally {
      await own.close();
    }
  });

  it("is found again where it has moved to", async () => {
    let addresses = [GUEST];
    const own = found(() => addresses, { hostKeys: [guest.hostKey, stranger.hostKey] });
    try {
      await own.waitUntilReady({ mode: "port", timeoutMs: 60_000 });
      assert.equal(own.lastAddress, GUEST);
      await own.drop();
      await guest.stop();
      addresses = [STRANGER];
      await own.waitUntilReady({ mode: "port", timeoutMs: 60_000 });
      assert.equal(own.lastAddress, STRANGER);
    } finally {
      await own.close();
      guest = await startLoopbackSshd([], guest.port, GUEST);
    }
  });

  it("is met although it refuses the login: a first boot makes accounts late", async () => {
    const own = found(() => [GUEST], { privateKey: stranger.privateKey });
    try {
      await assert.rejects(own.waitUntilReady({ mode: "login", timeoutMs: 4_000 }), /Permission denied/);
      assert.equal(own.lastAddress, GUEST);
    } finally {
      await own.close();
    }
  });

  describe("beside a machine that greets and then keeps silent or hangs up", () => {
    let server: Server;
    let silent = true;
    before(async () => {
      server = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.write("SSH-2.0-silence\r\n");
        if (!silent) socket.end();
      });
      server.listen(guest.port, NOBODY);
      await once(server, "listening");
    });
    after(() => server.close());

    for (const each of [true, false]) {
      it(`is found all the same (${each ? "silent" : "hanging up"})`, async () => {
        silent = each;
        const own = found(() => [NOBODY, GUEST]);
        try {
          await own.waitUntilReady({ mode: "login", timeoutMs: each ? 10_000 : 60_000 });
          assert.equal(own.lastAddress, GUEST);
        } finally {
          await own.close();
        }
      });
    }
  });
});
