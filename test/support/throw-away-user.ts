import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";

/** A user of this machine for one test file, without password and without membership in any group but its own. */
export interface ThrowAwayUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  /** Runs a program as this user and gives what it prints. */
  run(program: string, ...args: readonly string[]): string;
  /** Ends what the user still runs, and removes the user with the home folder. */
  remove(): void;
}

/** Needs root. */
export function throwAwayUser(): ThrowAwayUser {
  // A short name: it is in the paths of the session's sockets, which have an end.
  const name = `gf${randomBytes(3).toString("hex")}`;
  execFileSync("useradd", ["--create-home", "--shell", "/bin/sh", name]);
  const id = (flag: string) => Number(execFileSync("id", [flag, name], { encoding: "utf8" }));
  const [uid, gid, home] = [id("-u"), id("-g"), `/home/${name}`];
  const as = { uid, gid, cwd: home, env: { PATH: process.env.PATH, HOME: home, USER: name } };
  return {
    name,
    uid,
    gid,
    home,
    run: (program, ...args) => execFileSync(program, [...args], { ...as, encoding: "utf8" }),
    remove: () => {
      endProcesses(uid);
      execFileSync("userdel", ["--remove", name], { stdio: "ignore" });
    },
  };
}

/** The session's libvirt stays for two minutes after its last client. */
function endProcesses(uid: number): void {
  for (const pid of processesOf(uid)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
}

function processesOf(uid: number): number[] {
  const { stdout } = spawnSync("ps", ["-o", "pid=", "-u", String(uid)], { encoding: "utf8" });
  return stdout.split("\n").flatMap((line) => (line.trim() === "" ? [] : [Number(line)]));
}
