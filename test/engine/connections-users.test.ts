import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Escalation, GuestScript } from "../../connections/guest-connection";
import { CommandTimeoutError, LinkLostError } from "../../connections/shell";
import { SshGuest } from "../../connections/ssh/guest";
import { nodesOfHost } from "../../connections/ssh/node";
import { runOnTerminal } from "../../connections/ssh/run-on-terminal";
import { SshSession } from "../../connections/ssh/session";
import { startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";
import { allProcesses, processesWith } from "../support/processes";

const LOGIN = `gft${process.pid}a`;
const OTHER = `gft${process.pid}b`;
const LOGIN_PASSWORD = "login pass'word$";
const OTHER_PASSWORD = 'other "password" \\';
const RUN: Omit<GuestScript, "text"> = { shell: "sh", timeoutMs: 30_000 };

const possible =
  process.getuid?.() === 0 &&
  ["/usr/sbin/useradd", "/usr/sbin/chpasswd", "/bin/su"].every((path) => existsSync(path));

describe("other users, with passwords", function () {
  let sshd: LoopbackSshd;
  let guest: SshGuest;
  const su: Escalation = { user: OTHER, method: "su", password: OTHER_PASSWORD };

  before(async function () {
    if (!possible) this.skip();
    for (const name of [LOGIN, OTHER]) execFileSync("useradd", ["--create-home", "--shell", "/bin/sh", name]);
    execFileSync("chpasswd", { input: `${LOGIN}:${LOGIN_PASSWORD}\n${OTHER}:${OTHER_PASSWORD}\n` });
    sshd = await startLoopbackSshd(["PasswordAuthentication yes"]);
    chmodSync(sshd.folder, 0o755);
    chmodSync(join(sshd.folder, "authorized_keys"), 0o644);
    guest = new SshGuest({
      address: "127.0.0.1",
      port: sshd.port,
      user: LOGIN,
      password: LOGIN_PASSWORD,
      hostKeys: [sshd.hostKey],
      os: "linux",
      via: [],
    });
  });
  after(async () => {
    if (!possible) return;
    await guest.close();
    await sshd.stop();
    for (const name of [LOGIN, OTHER]) {
      rmSync(`/etc/sudoers.d/${name}`, { force: true });
      execFileSync("userdel", ["--force", "--remove", name], { stdio: "ignore" });
    }
  });

  it("log in by password, which no process and no file shows", async () => {
    const seen: string[] = [];
    const { stdout } = await guest.run({
      ...RUN,
      text: "id -un; sleep 0.3",
      onOutput: () => {
        for (const { argv, environment } of allProcesses()) {
          if ((argv + environment).includes(LOGIN_PASSWORD)) seen.push(argv);
        }
      },
    });
    assert.equal(stdout, `${LOGIN}\n`);
    assert.deepEqual(seen, []);
    for (const folder of readdirSync("/tmp").filter((name) => /^gf-[A-Za-z0-9]{6}$/.test(name))) {
      for (const entry of readdirSync(join("/tmp", folder), { withFileTypes: true })) {
        if (!entry.isFile()) continue;
        assert.ok(!readFileSync(join("/tmp", folder, entry.name), "utf8").includes(LOGIN_PASSWORD));
      }
    }
  });

  it("are refused with a wrong password", async () => {
    const wrong = new SshGuest({
      address: "127.0.0.1",
      port: sshd.port,
      user: LOGIN,
      password: "wrong",
      hostKeys: [sshd.hostKey],
      os: "linux",
      via: [],
    });
    await assert.rejects(
      wrong.run({ ...RUN, text: "true" }),
      (error) => error instanceof LinkLostError && /Permission denied/.test(error.message),
    );
    await wrong.close();
  });

  describe("by su", () => {
    it("run scripts, with input, environment and both outputs apart", async () => {
      const text = 'id -un; cat; printf %s "$A"; echo err >&2; exit 5';
      const result = await guest.run({ ...RUN, text, stdin: "in\n", env: { A: "it's" }, as: su });
      assert.deepEqual(result, { exitCode: 5, stdout: `${OTHER}\nin\nit's`, stderr: "err\n" });
    });

    it("are refused with a wrong password, or none", async () => {
      const wrong = await guest.run({ ...RUN, text: "id -un", as: { ...su, password: "wrong" } });
      assert.notEqual(wrong.exitCode, 0);
      assert.equal(wrong.stdout, "");
      assert.match(wrong.stderr, /[Aa]uthentication failure|incorrect password/);
      const none = await guest.run({ ...RUN, text: "id -un", as: { user: OTHER, method: "su" } });
      assert.notEqual(none.exitCode, 0);
      assert.equal(none.stdout, "");
    });

    it("say why, when the other user's own shell lets nobody in", async () => {
      execFileSync("usermod", ["--shell", "/usr/sbin/nologin", OTHER]);
      try {
        let heard = "";
        const onOutput = (_stream: string, chunk: Buffer) => void (heard += chunk.toString());
        const { exitCode, stderr } = await guest.run({ ...RUN, text: "id -un", as: su, onOutput });
        assert.notEqual(exitCode, 0);
        assert.match(stderr, /not available/);
        assert.match(heard, /not available/);
      } finally {
        execFileSync("usermod", ["--shell", "/bin/sh", OTHER]);
      }
    });

    it("show the password to no process", async () => {
      const seen: string[] = [];
      await guest.run({
        ...RUN,
        text: "echo on; sleep 0.3",
        as: su,
        onOutput: () => {
          for (const { argv, environment } of allProcesses()) {
            if ((argv + environment).includes(OTHER_PASSWORD)) seen.push(argv);
          }
        },
      });
      assert.deepEqual(seen, []);
    });

    it("are ended at a timeout", async () => {
      const text = "sleep 65.25 & sleep 65.25";
      await assert.rejects(guest.run({ ...RUN, text, timeoutMs: 2_000, as: su }), CommandTimeoutError);
      assert.deepEqual(processesWith("sleep 65.25"), []);
    });

    it("write files that are theirs", async () => {
      const path = `/home/${OTHER}/new folder/file`;
      await guest.write(path, Buffer.from("content"), { timeoutMs: 30_000, mode: "0640", as: su });
      assert.equal(readFileSync(path, "utf8"), "content");
      assert.equal(statSync(path).uid, statSync(`/home/${OTHER}`).uid);
      assert.equal(statSync(path).mode & 0o777, 0o640);
    });

    it("write nothing where they may not", async () => {
      const writing = guest.write("/etc/guest-farm-test", Buffer.from("x"), { timeoutMs: 30_000, as: su });
      await assert.rejects(writing, /Permission denied/);
      assert.equal(existsSync("/etc/guest-farm-test"), false);
    });
  });

  describe("by sudo", () => {
    const sudo: Escalation = { user: OTHER, method: "sudo", password: LOGIN_PASSWORD };

    before(function () {
      if (!existsSync("/usr/bin/sudo")) this.skip();
      writeFileSync(`/etc/sudoers.d/${LOGIN}`, `${LOGIN} ALL=(ALL) ALL\n`, { mode: 0o440 });
    });

    it("run scripts, whether sudo asks for the password or still knows it", async () => {
      for (const stdin of ["first", "second"]) {
        const result = await guest.run({ ...RUN, text: "id -un; cat", stdin, as: sudo });
        assert.deepEqual(result, { exitCode: 0, stdout: `${OTHER}\n${stdin}`, stderr: "" });
      }
    });

    it("are refused without a password where one is needed", async () => {
      const result = await guest.run({ ...RUN, text: "id -un", as: { user: "root", method: "sudo" } });
      assert.notEqual(result.exitCode, 0);
      assert.match(result.stderr, /a password is required/);
    });

    it("are refused with a wrong password", async () => {
      const result = await guest.run({ ...RUN, text: "id -un", as: { ...sudo, password: "wrong" } });
      assert.notEqual(result.exitCode, 0);
      assert.equal(result.stdout, "");
    });
  });

  describe("by a password that has to be typed at a terminal", () => {
    let session: SshSession;

    before(() => {
      const [node] = nodesOfHost({
        type: "ssh",
        host: "127.0.0.1",
        port: sshd.port,
        user: LOGIN,
        hostKey: sshd.hostKey,
        identityFile: sshd.identityFile,
      });
      session = new SshSession({ nodes: [node] });
    });
    after(() => session.close());
    const run = (text: string, changes: object = {}) => ({
      argv: () => ["sh", "-c", text],
      timeoutMs: 30_000,
      ...changes,
    });

    it("run programs whose streams the terminal does not touch", async () => {
      const bytes = Buffer.from([97, 13, 10, 4, 3, 0, 255]);
      const chunks: Buffer[] = [];
      const onOutput = (stream: string, chunk: Buffer): void => {
        if (stream === "stdout") chunks.push(chunk);
      };
      const result = await runOnTerminal(
        session,
        run("id -un; cat; echo err >&2; exit 6", { stdin: bytes, onOutput }),
        su,
      );
      assert.equal(result.exitCode, 6);
      assert.equal(result.stderr, "err\n");
      assert.deepEqual(Buffer.concat(chunks), Buffer.concat([Buffer.from(`${OTHER}\n`), bytes]));
    });

    it("are refused with a wrong password", async () => {
      const result = await runOnTerminal(session, run("id -un"), { ...su, password: "wrong" });
      assert.notEqual(result.exitCode, 0);
      assert.match(result.stderr, /[Aa]uthentication failure|incorrect password/);
    });

    it("are ended at a timeout, and leave no pipes behind", async () => {
      await assert.rejects(
        runOnTerminal(session, run("sleep 66.25 & sleep 66.25", { timeoutMs: 2_500 }), su),
        CommandTimeoutError,
      );
      assert.deepEqual(processesWith("sleep 66.25"), []);
      assert.deepEqual(
        readdirSync("/dev/shm").filter((name) => name.startsWith("gf-")),
        [],
      );
    });

    it("run five at once", async () => {
      const results = await Promise.all(
        [1, 2, 3, 4, 5].map((n) => runOnTerminal(session, run(`echo ${n}`), su)),
      );
      assert.deepEqual(
        results.map(({ stdout }) => stdout),
        ["1\n", "2\n", "3\n", "4\n", "5\n"],
      );
    });
  });
});
