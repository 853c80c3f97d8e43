import { strict as assert } from "node:assert";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GuestExecutor, GuestProgram } from "../../../connections/guest/executor";
import { PosixGuest } from "../../../connections/guest/posix-guest";
import { readOutcome, refreshProblems } from "../../../connections/guest/reseed/outcome";
import * as scripts from "../../../connections/guest/reseed/scripts";
import { CommandError } from "../../../connections/shell";

const FOLDERS = ["/dev/shm", "/run", "/tmp", "/var/tmp"];
const SHELLS = [["dash"], ["bash"], ["busybox", "sh"]].filter(([name]) => existsSync(`/bin/${name}`));

describe("the scripts that make a guest fresh", () => {
  const folder = mkdtempSync(join(tmpdir(), "guest-farm-refresh-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const stub = (name: string, body: string) =>
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });

  /** The clock of the machine that tests is not set. */
  function run(shell: readonly string[], script: string, stdin: string, date = "exit 0") {
    stub("date", date);
    const [program = "", ...args] = shell;
    const name = `gf-refresh-test-${process.pid}`;
    const { stdout } = spawnSync(program, [...args, "-c", script, "refresh", "1700000000", "250", name], {
      input: stdin,
      encoding: "utf8",
      env: { PATH: `${folder}:${process.env["PATH"]}` },
    });
    const left = FOLDERS.filter((path) => existsSync(path) && readdirSync(path).includes(name));
    assert.deepEqual(left, [], "nothing stays behind");
    return readOutcome(stdout);
  }

  for (const shell of SHELLS) {
    const name = shell.join(" ");
    it(`run the program and tell its exit code: ${name}`, () => {
      assert.deepEqual(run(shell, scripts.REFRESH_LINUX, "#!/bin/sh\nexit 0\n"), { clock: 0, random: 0 });
      assert.deepEqual(run(shell, scripts.REFRESH_LINUX, "#!/bin/sh\nexit 3\n"), { clock: 0, random: 3 });
    });

    it(`keep the program to its user: ${name}`, () => {
      const look = `#!/bin/sh\n[ "$(stat -c %a "$0")" = 700 ]\n`;
      assert.deepEqual(run(shell, scripts.REFRESH_LINUX, look), { clock: 0, random: 0 });
    });

    it(`go on where the program has removed its own file: ${name}`, () => {
      assert.deepEqual(run(shell, scripts.REFRESH_LINUX, `#!/bin/sh\nrm "$0"\n`), { clock: 0, random: 0 });
    });

    it(`take the next folder where a program may not start: ${name}`, () => {
      const pick = `#!/bin/sh\ncase $0 in /tmp/*) exit 0 ;; *) exit 126 ;; esac\n`;
      assert.deepEqual(run(shell, scripts.REFRESH_LINUX, pick), { clock: 0, random: 0 });
      assert.equal(run(shell, scripts.REFRESH_LINUX, "#!/bin/sh\nexit 126\n")?.random, 126);
    });

    it(`do not take a program that did not arrive for one that ran: ${name}`, () => {
      assert.equal(run(shell, scripts.REFRESH_LINUX, "")?.random, 74);
    });

    it(`renew the random numbers of a guest whose clock they may not set: ${name}`, () => {
      const outcome = run(shell, scripts.REFRESH_LINUX, "#!/bin/sh\nexit 0\n", "exit 1");
      assert.deepEqual([outcome?.clock !== 0, outcome?.random], [true, 0]);
    });

    it(`set the clock alone where there is no helper: ${name}`, () => {
      assert.deepEqual(run(shell, scripts.SET_CLOCK_ALONE, ""), { clock: 0, random: 10 });
    });
  }

  it("leave a file alone that another user has put there", () => {
    const name = `gf-refresh-test-${process.pid}`;
    const theirs = FOLDERS.filter((path) => existsSync(path)).map((path) => join(path, name));
    for (const path of theirs) writeFileSync(path, "theirs");
    try {
      const { stdout } = spawnSync("sh", ["-c", scripts.REFRESH_LINUX, "refresh", "1", "0", name], {
        input: "#!/bin/sh\nexit 0\n",
        encoding: "utf8",
        env: { PATH: `${folder}:${process.env["PATH"]}` },
      });
      assert.equal(readOutcome(stdout)?.random, 126);
      for (const path of theirs) assert.ok(existsSync(path), path);
    } finally {
      for (const path of theirs) rmSync(path);
    }
  });
});

describe("a guest that is made fresh", () => {
  /** A guest whose programs print these texts, one after the other. */
  function guestThat(says: readonly string[], system: { os: "linux" | "bsd"; arch?: string }) {
    const ran: GuestProgram[] = [];
    const executor: GuestExecutor = {
      description: "a guest",
      exec: (program) => {
        ran.push(program);
        return Promise.resolve({ exitCode: 0, stdout: says[ran.length - 1] ?? "", stderr: "no such luck" });
      },
    };
    return { guest: new PosixGuest(executor, system, { user: "root", method: "sudo" }), ran };
  }
  const machineOf = ({ stdin }: GuestProgram) => (Buffer.isBuffer(stdin) ? stdin.readUInt16LE(18) : null);

  it("takes one command, with the fresh bytes on its standard input and as root", async () => {
    const { guest, ran } = guestThat(["clock 0\nrandom 0\n"], { os: "linux", arch: "x86_64" });
    assert.deepEqual(await guest.refresh(), []);
    assert.equal(ran.length, 1);
    const [program] = ran;
    assert.ok(program && Buffer.isBuffer(program.stdin));
    assert.deepEqual(program.as, { user: "root", method: "sudo" });
    const fresh = program.stdin.subarray(-256);
    const argv = typeof program.argv === "function" ? program.argv("m") : program.argv;
    assert.ok(!Buffer.from(argv.join("\0"), "latin1").includes(fresh.subarray(0, 8)));
  });

  it("gets another helper where the first does not start, as a 32-bit system on a 64-bit machine", async () => {
    const { guest, ran } = guestThat(["clock 0\nrandom 9\n", "clock 0\nrandom 0\n"], {
      os: "linux",
      arch: "x86_64",
    });
    assert.deepEqual(await guest.refresh(), []);
    assert.deepEqual(ran.map(machineOf), [62, 3]);
  });

  it("of an architecture without a helper gets its clock set, and its user is told", async () => {
    const { guest, ran } = guestThat(["clock 0\nrandom 10\n"], { os: "linux", arch: "loongarch64" });
    assert.match(
      (await guest.refresh()).join(),
      /random numbers could not be renewed.*no helper for its arch/,
    );
    assert.deepEqual([ran.length, ran[0]?.stdin], [1, undefined]);
  });

  it("of BSD gets bytes alone", async () => {
    const { guest, ran } = guestThat(["clock 0\nrandom 0\n"], { os: "bsd", arch: "x86_64" });
    assert.deepEqual(await guest.refresh(), []);
    assert.equal((ran[0]?.stdin as Buffer).length, 256);
  });

  it("is an error where the command did not get to its end", async () => {
    const { guest } = guestThat(["clock 0\n"], { os: "linux", arch: "x86_64" });
    await assert.rejects(
      guest.refresh(),
      (error) => error instanceof CommandError && /no such luck/.test(error.message),
    );
  });
});

describe("what could not be renewed", () => {
  it("is one sentence for a login that may do neither", () => {
    const [only, ...more] = refreshProblems({ clock: 1, random: 2 });
    assert.match(only ?? "", /clock could not be set.*random numbers may repeat.*root/);
    assert.deepEqual(more, []);
  });

  it("is told with the reason", () => {
    assert.match(refreshProblems({ clock: 1, random: 0 }).join(), /^the guest's clock could not be set/);
    assert.match(refreshProblems({ clock: 0, random: 3 }).join(), /^the guest's random numbers .*4\.17/);
    assert.match(refreshProblems({ clock: 0, random: 126 }).join(), /let a program start/);
    assert.match(refreshProblems({ clock: 0, random: 139 }).join(), /exit code 139/);
    assert.deepEqual(refreshProblems({ clock: 0, random: 0 }), []);
  });
});
