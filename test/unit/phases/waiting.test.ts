import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { HostKeyError } from "../../../connections/guest-connection";
import { LinkLostError, type CommandResult } from "../../../connections/shell";
import { guestOs } from "../../../phases/steps/guest-os";
import { benchFor, removeBenches, type Bench } from "./support/guest";
import { removeFolders } from "./support/project";

const result = (exitCode: number, stdout = ""): CommandResult => ({ exitCode, stdout, stderr: "" });

function reasonOf(outcome: Awaited<ReturnType<Bench["run"]>>): string {
  return outcome.status === "failed" ? outcome.reason : outcome.status;
}

describe("waitFor", () => {
  afterEach(() => {
    removeFolders();
    removeBenches();
  });

  it("looks again and again until it succeeds", async () => {
    const b = await benchFor(
      "steps:\n  - {waitFor: {command: 'echo x >>n; [ $(wc -l <n) -ge 3 ]'}, every: 2}\n",
    );
    assert.equal((await b.run()).status, "passed");
    assert.deepEqual(b.clock.sleeps, [2000, 2000]);
    assert.ok(b.log.lines.includes("  waiting for the command to succeed"));
  });

  it("gives up after its time, and says what it waited for and what it saw last", async () => {
    const b = await benchFor("steps:\n  - {waitFor: {file: /gone/x}, timeout: 5}\n");
    assert.match(reasonOf(await b.run()), /waited 5 s for the file \/gone\/x; last seen: exit code 1$/);
    assert.equal(b.clock.sleeps.length, 5);
  });

  it("goes on over a lost link, and stops at a wrong host key", async () => {
    const b = await benchFor("steps:\n  - {waitFor: {file: x}}\n");
    b.guest.answer = () => {
      if (b.guest.scripts.length === 1) throw new LinkLostError("the guest", "reset");
      return result(0);
    };
    assert.equal((await b.run()).status, "passed");
    const c = await benchFor("steps:\n  - {waitFor: {file: x}}\n");
    c.guest.answer = () => {
      throw new HostKeyError("127.0.0.1", "another key");
    };
    assert.match(reasonOf(await c.run()), /another host key/);
    assert.equal(c.guest.scripts.length, 1);
  });

  it("stops when the run is cancelled", async () => {
    const b = await benchFor("steps:\n  - {waitFor: {file: x}}\n");
    const cancel = new AbortController();
    b.guest.answer = () => {
      if (b.guest.scripts.length === 2) cancel.abort(new Error("cancelled"));
      return result(1);
    };
    await assert.rejects(b.run("main", cancel.signal), /cancelled/);
  });

  it("finds a port that something listens on, and none that nobody does", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const step = "steps:\n  - {waitFor: {port: '${{ vars.port }}'}, timeout: 2}\n";
    const context = { vars: { port } };
    assert.equal((await (await benchFor(step, { context })).run()).status, "passed");
    await new Promise((resolve) => server.close(resolve));
    assert.match(
      reasonOf(await (await benchFor(step, { context })).run()),
      new RegExp(`waited 2 s for port ${port}`),
    );
  });

  it("refuses a port that is none", async () => {
    const b = await benchFor("steps:\n  - waitFor: {port: '${{ vars.port }}'}\n", {
      context: { vars: { port: "http" } },
    });
    assert.match(reasonOf(await b.run()), /there is no port/);
  });
});

describe("reboot", () => {
  afterEach(() => {
    removeFolders();
    removeBenches();
  });

  /** A guest that answers with the marker of each boot; `away` looks find nobody. */
  async function rebooting(
    away: number,
    step = "steps:\n  - reboot: true\n",
  ): Promise<{ b: Bench; asked: () => boolean }> {
    const b = await benchFor(step);
    let asked = false;
    let looks = 0;
    b.guest.alive = () => !asked || ++looks > away;
    b.guest.answer = ({ text }) => {
      if (text !== guestOs("linux").reboot)
        return result(0, asked && looks > away + 1 ? "boot-2\n" : "boot-1\n");
      asked = true;
      return result(0);
    };
    return { b, asked: () => asked };
  }

  it("waits until the guest is gone, back with another boot, and ready", async () => {
    const { b, asked } = await rebooting(3);
    let waited = "";
    b.guest.ready = ({ mode, onWait }) => {
      waited = mode;
      onWait?.("a login");
      return Promise.resolve();
    };
    assert.equal((await b.run()).status, "passed");
    assert.ok(asked());
    assert.equal(waited, "login");
    assert.equal(b.guest.drops, 3);
    assert.ok(b.log.lines.includes("  waiting for a login"));
    assert.deepEqual(b.guest.scripts[1]?.as, { user: "root", method: "sudo" });
  });

  it("gives up after its time, or the time that a guest has to become ready", async () => {
    const { b } = await rebooting(1000);
    assert.match(reasonOf(await b.run()), /waited 60 s for the guest to come back from its reboot/);
    const own = await rebooting(1000, "steps:\n  - {reboot: true, timeout: 3}\n");
    assert.match(reasonOf(await own.b.run()), /waited 3 s/);
  });

  it("says so when the guest refuses", async () => {
    const b = await benchFor("steps:\n  - reboot: true\n");
    b.guest.answer = ({ text }) => (text === guestOs("linux").reboot ? result(1) : result(0, "boot-1"));
    assert.match(reasonOf(await b.run()), /refused to reboot: exit code 1/);
  });

  it("needs a way to become root", async () => {
    const b = await benchFor("steps:\n  - reboot: true\n", { guest: { become: undefined as never } });
    b.guest.answer = () => result(0, "boot-1");
    assert.match(reasonOf(await b.run()), /no way to become "root".*only root may reboot/);
  });
});

describe("what steps ask of an operating system", () => {
  it("finds files with any name", () => {
    const name = "/tmp/no such 'file' $(exit)";
    assert.throws(() => execFileSync("sh", ["-c", guestOs("linux").exists(name)], { stdio: "pipe" }));
    execFileSync("sh", ["-c", guestOs("linux").exists("/")]);
  });

  it("is PowerShell on Windows", () => {
    const os = guestOs("windows");
    assert.equal(os.shell, "powershell");
    assert.equal(os.exists("C:\\it's"), "if (Test-Path -LiteralPath 'C:\\it''s') { exit 0 } else { exit 1 }");
    assert.match(os.listens(5985), /-LocalPort 5985 /);
    assert.match(os.reboot, /^shutdown\.exe \/r/);
  });

  it("is the same but for the kernel on BSD", () => {
    assert.equal(guestOs("bsd").exists("/a"), guestOs("linux").exists("/a"));
    assert.match(guestOs("bsd").bootMarker, /kern\.boottime/);
    const line = "tcp4  0  0 *.8080  *.*  LISTEN";
    const script = guestOs("bsd").listens(8080).replace("netstat -an", `echo '${line}'`);
    execFileSync("sh", ["-c", script]);
    assert.throws(() => execFileSync("sh", ["-c", script.replace("8080 .", "808 .")], { stdio: "pipe" }));
  });
});
