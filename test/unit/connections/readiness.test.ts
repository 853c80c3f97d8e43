import { strict as assert } from "node:assert";
import { createServer, type Server } from "node:net";
import { HostKeyError, ReadinessError, type ReadinessOptions } from "../../../connections/guest-connection";
import { CommandTimeoutError, LinkLostError } from "../../../connections/shell";
import { directProbe, readGreeting, type BannerProbe } from "../../../connections/ssh/banner";
import { waitForGuest, type ReadinessParts } from "../../../connections/ssh/readiness";
import { waitForBanner } from "../../../connections/ssh/wait-for-banner";

const FAST = { pauseMs: 5, overlapMs: 20, patienceMs: 60 };
const LOGIN: ReadinessOptions = { mode: "login", timeoutMs: 2_000 };

/** Answers in turn (`ok`, `hang`, else what was seen); the last answer for ever. */
function scripted(...answers: string[]): { probe: BannerProbe; looks: () => number } {
  let count = 0;
  const probe: BannerProbe = (patienceMs, signal) => {
    const answer = answers[Math.min(count, answers.length - 1)];
    count += 1;
    if (answer === "ok") return Promise.resolve({ ok: true });
    if (answer !== "hang") return Promise.resolve({ ok: false, seen: answer ?? "" });
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ ok: false, seen: "hung" }), patienceMs);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve({ ok: false, seen: "stopped" });
      });
    });
  };
  return { probe, looks: () => count };
}

function parts(changes: Partial<ReadinessParts>): ReadinessParts {
  return {
    where: "127.0.0.1:2201",
    probe: scripted("ok").probe,
    rhythm: FAST,
    login: () => Promise.resolve(),
    breakOff: () => Promise.resolve(),
    ...changes,
  };
}

describe("waiting for the SSH banner", () => {
  it("looks again until a server greets", async () => {
    const { probe, looks } = scripted("refused", "refused", "ok");
    assert.equal(await waitForBanner(probe, FAST, 2_000), null);
    assert.equal(looks(), 3);
  });

  it("does not wait for a look that hangs", async () => {
    const { probe } = scripted("hang", "hang", "ok");
    const started = Date.now();
    assert.equal(await waitForBanner(probe, { ...FAST, patienceMs: 60_000 }, 60_000), null);
    assert.ok(Date.now() - started < 5_000);
  });

  it("lets a server greet that needs longer for each connection than the first looks allow", async () => {
    // One worker serves all connections in turn, also those that were given up meanwhile, as a slow guest's CPU does.
    let worker = Promise.resolve();
    const slow: BannerProbe = (patienceMs) => {
      worker = worker.then(() => new Promise((resolve) => setTimeout(resolve, 45)));
      const greeted = worker.then(() => ({ ok: true }) as const);
      const late = new Promise<{ ok: false; seen: string }>((resolve) =>
        setTimeout(() => resolve({ ok: false, seen: "hung" }), patienceMs),
      );
      return Promise.race([greeted, late]);
    };
    assert.equal(await waitForBanner(slow, { pauseMs: 5, overlapMs: 20, patienceMs: 40 }, 8_000), null);
  });

  it("tells what was seen last when the time is over", async () => {
    assert.equal(await waitForBanner(scripted("refused").probe, FAST, 60), "refused");
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.timeout(30);
    await assert.rejects(waitForBanner(scripted("refused").probe, FAST, 60_000, signal));
  });

  it("knows a greeting after other lines, and what is none", () => {
    assert.deepEqual(readGreeting("SSH-2.0-x\r\n"), { ok: true });
    assert.deepEqual(readGreeting("welcome\r\nSSH-2.0-x\r\n"), { ok: true });
    assert.equal(readGreeting("HTTP/1.1 400\r\n"), null);
    assert.deepEqual(readGreeting("HTTP/1.1 400\n".repeat(1000)), {
      ok: false,
      seen: "something else answers: HTTP/1.1 400",
    });
  });
});

describe("a look at a port", () => {
  let server: Server;
  const port = (): number => {
    const address = server.address();
    return address !== null && typeof address !== "string" ? address.port : 0;
  };
  const listen = (greet: string | null): Promise<void> => {
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      if (greet !== null) socket.end(greet);
    });
    return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  };
  const look = () => directProbe("127.0.0.1", port())(200, new AbortController().signal);
  afterEach(() => void server.close());

  it("sees a server that greets", async () => {
    await listen("SSH-2.0-test\r\n");
    assert.deepEqual(await look(), { ok: true });
  });

  it("sees an open port without a greeting", async () => {
    await listen(null);
    assert.deepEqual(await look(), { ok: false, seen: "the port is open, but no SSH server greets" });
  });

  it("sees a connection that is closed", async () => {
    await listen("nonsense");
    assert.deepEqual(await look(), { ok: false, seen: "the connection was closed without a greeting" });
  });

  it("sees a closed port", async () => {
    await listen(null);
    const closed = port();
    await new Promise((resolve) => server.close(resolve));
    const seen = await directProbe("127.0.0.1", closed)(200, new AbortController().signal);
    assert.deepEqual(seen, { ok: false, seen: "connection refused" });
  });
});

describe("waiting for a guest", () => {
  it("does nothing when nothing is to be waited for", async () => {
    const never = () => assert.fail("looked");
    await waitForGuest(parts({ probe: never, login: never }), { ...LOGIN, mode: "none" });
  });

  it("stops at the banner for `port`", async () => {
    await waitForGuest(parts({ login: () => assert.fail("logged in") }), { ...LOGIN, mode: "port" });
  });

  it("says what it waited for, for how long, and what it saw", async () => {
    const waits: string[] = [];
    const waiting = waitForGuest(parts({ probe: scripted("connection refused").probe }), {
      mode: "login",
      timeoutMs: 80,
      onWait: (what) => waits.push(what),
    });
    await assert.rejects(waiting, {
      name: "ReadinessError",
      message: "waited 0.08 s for the SSH server at 127.0.0.1:2201; last seen: connection refused",
    });
    assert.deepEqual(waits, ["the SSH server at 127.0.0.1:2201"]);
  });

  it("tries a refused login again", async () => {
    let logins = 0;
    const login = () => (++logins < 3 ? Promise.reject(new LinkLostError("x", "denied")) : Promise.resolve());
    await waitForGuest(parts({ login }), LOGIN);
    assert.equal(logins, 3);
  });

  it("tells the last refusal when the time is over", async () => {
    const login = () => Promise.reject(new LinkLostError("x", "Permission denied (publickey)"));
    await assert.rejects(
      waitForGuest(parts({ login }), { mode: "login", timeoutMs: 400 }),
      (error) => error instanceof ReadinessError && /a login at .*Permission denied/.test(error.message),
    );
  });

  it("breaks off a login that hangs", async () => {
    let breakOff: () => void = () => undefined;
    const login = () =>
      new Promise<void>((_, reject) => (breakOff = () => reject(new LinkLostError("x", "broken off"))));
    const waiting = waitForGuest(
      parts({
        login,
        breakOff: () => {
          breakOff();
          return Promise.resolve();
        },
      }),
      {
        mode: "login",
        timeoutMs: 100,
      },
    );
    await assert.rejects(waiting, ReadinessError);
  });

  it("never tries again after another host key", async () => {
    let logins = 0;
    const login = () => {
      logins += 1;
      return Promise.reject(new HostKeyError("127.0.0.1:2201", "another"));
    };
    await assert.rejects(waitForGuest(parts({ login }), LOGIN), HostKeyError);
    assert.equal(logins, 1);
  });

  it("waits for cloud-init through a restart of the SSH server", async () => {
    let asked = 0;
    const cloudInit = () => {
      asked += 1;
      if (asked === 1) return Promise.reject(new LinkLostError("x", "restarted"));
      return Promise.resolve({ state: "ready" as const, warnings: ["old key"] });
    };
    const waits: string[] = [];
    await waitForGuest(parts({ cloudInit }), { ...LOGIN, onWait: (what) => waits.push(what) });
    assert.equal(asked, 2);
    assert.equal(waits.at(-1), "cloud-init is done, with warnings: old key");
  });

  it("fails with cloud-init's words", async () => {
    const cloudInit = () => Promise.resolve({ state: "failed" as const, reason: "no module x" });
    await assert.rejects(
      waitForGuest(parts({ cloudInit }), LOGIN),
      /cloud-init failed in the guest: no module x/,
    );
  });

  it("tells that cloud-init took too long", async () => {
    const cloudInit = () => Promise.reject(new CommandTimeoutError("x", ["y"], 1));
    await assert.rejects(
      waitForGuest(parts({ cloudInit }), LOGIN),
      (error) => error instanceof ReadinessError && /cloud-init status --wait/.test(error.message),
    );
  });
});
