import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openShell } from "../../connections/open";
import { LoginShellError } from "../../connections/shell";
import { SshGuest } from "../../connections/ssh/guest";
import { startLoopbackSshd, type LoopbackSshd } from "../support/loopback-sshd";
import { throwAwayUser, type ThrowAwayUser } from "../support/throw-away-user";

const BYTES = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7) % 256));
const ODD = 'it\'s\n!a \\n $HOME `id` "q" *';
/** Shell, the file that it reads at each login, and a greeting in its own tongue. */
const SHELLS = [
  ["/bin/bash", ".bashrc"],
  ["/bin/tcsh", ".cshrc"],
  ["/bin/bsd-csh", ".cshrc"],
  ["/usr/bin/fish", ".config/fish/config.fish"],
] as const;

describe("login shells that greet", function () {
  let sshd: LoopbackSshd;
  let user: ThrowAwayUser;
  let folder: string;

  before(async function () {
    if (process.getuid?.() !== 0) this.skip();
    user = throwAwayUser();
    // Without PAM a server lets nobody in whose account is locked.
    execFileSync("usermod", ["--password", "*", user.name], { stdio: "ignore" });
    folder = mkdtempSync(join(tmpdir(), "gf-greeting-"));
    sshd = await startLoopbackSshd();
    chmodSync(sshd.folder, 0o755);
    chmodSync(join(sshd.folder, "authorized_keys"), 0o644);
  });
  after(async () => {
    if (process.getuid?.() !== 0) return;
    await sshd.stop();
    user.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const logIn = () =>
    new SshGuest({
      address: "127.0.0.1",
      port: sshd.port,
      user: user.name,
      privateKey: sshd.privateKey,
      hostKeys: [sshd.hostKey],
      os: "linux",
      via: [],
    });
  const takeShell = (path: string): void =>
    void execFileSync("usermod", ["--shell", path, user.name], { stdio: "ignore" });

  for (const [path, settings] of SHELLS) {
    describe(path, function () {
      let guest: SshGuest;

      before(function () {
        assert.ok(existsSync(path), `${path} is one of the packages for tests`);
        takeShell(path);
        const file = join(user.home, settings);
        mkdirSync(join(file, ".."), { recursive: true });
        writeFileSync(file, "echo 'Welcome! Password:'\n");
        guest = logIn();
      });
      after(() => guest.close());

      it("are not taken for output, and pass all texts on", async () => {
        await guest.waitUntilReady({ mode: "login", timeoutMs: 30_000 });
        for (const shell of ["sh", "bash"] as const) {
          const script = {
            text: 'cat; printf %s "$A"\nexit 5',
            stdin: "in\n",
            env: { A: ODD },
            timeoutMs: 30_000,
            shell,
          };
          const { exitCode, stdout, stderr } = await guest.run(script);
          assert.deepEqual({ exitCode, stdout, stderr }, { exitCode: 5, stdout: `in\n${ODD}`, stderr: "" });
        }
      });

      it("do not get into files that are fetched", async () => {
        const local = join(folder, "fetched");
        await guest.write("file !'\\", BYTES, { timeoutMs: 30_000 });
        assert.ok(readFileSync(join(user.home, "file !'\\")).equals(BYTES));
        await guest.copyFrom("file !'\\", local, { timeoutMs: 30_000 });
        assert.ok(readFileSync(local).equals(BYTES));
      });

      it("do not get between a hypervisor and its answers", async () => {
        const { port, hostKey, identityFile } = sshd;
        const host = openShell({
          type: "ssh",
          host: "127.0.0.1",
          port,
          user: user.name,
          identityFile,
          hostKey,
        });
        try {
          assert.equal(await host.output({ argv: ["printf", "%s", ODD] }), ODD);
          const running = host.start(["printf", "%s\\n", "first", ODD]);
          const lines: string[] = [];
          for await (const line of running.lines) lines.push(line);
          assert.deepEqual(lines, ["first", ...ODD.split("\n")]);
        } finally {
          await host.close();
        }
      });
    });
  }

  it("are named when they start nothing", async () => {
    takeShell("/usr/sbin/nologin");
    const guest = logIn();
    try {
      await assert.rejects(
        guest.waitUntilReady({ mode: "login", timeoutMs: 30_000 }),
        (error) =>
          error instanceof LoginShellError && /not available[^]*chsh -s \/bin\/sh/.test(error.message),
      );
    } finally {
      await guest.close();
    }
  });
});
