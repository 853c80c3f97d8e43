import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port";
import { setTimeout as delay } from "node:timers/promises";

const SSHD = "/usr/sbin/sshd";

/** A private OpenSSH server on the loopback with keys of its own, for one test file. */
export interface LoopbackSshd {
  readonly port: number;
  readonly folder: string;
  /** Private key that may log in. */
  readonly privateKey: string;
  readonly identityFile: string;
  /** Public host key. */
  readonly hostKey: string;
  /** Public key that the server does not have. */
  readonly otherKey: string;
  /** Process ids of the server's connections. */
  connections(): number[];
  /** Ends all connections hard, as a lost network would. */
  cut(): void;
  stop(): Promise<void>;
}

function keyPair(folder: string, name: string): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", join(folder, name)]);
  return readFileSync(join(folder, `${name}.pub`), "utf8").trim();
}

async function waitForPort(port: number, address: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address);
      socket.once("error", () => resolve(false));
      socket.once("data", () => {
        socket.destroy();
        resolve(true);
      });
    });
    if (open) return;
    await delay(20);
  }
  throw new Error("the test's sshd did not start");
}

/** Starts a server. `extra` are further lines of its configuration. */
export async function startLoopbackSshd(
  extra: readonly string[] = [],
  wantedPort?: number,
  address = "127.0.0.1",
): Promise<LoopbackSshd> {
  const folder = mkdtempSync(join(tmpdir(), "gf-sshd-"));
  const hostKey = keyPair(folder, "host");
  const otherKey = keyPair(folder, "other");
  const user = keyPair(folder, "user");
  writeFileSync(join(folder, "authorized_keys"), `${user}\n`, { mode: 0o600 });
  const port = wantedPort ?? (await freePort());
  const config = [
    `Port ${port}`,
    `ListenAddress ${address}`,
    `HostKey ${join(folder, "host")}`,
    `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
    "StrictModes no",
    "PidFile none",
    "UsePAM no",
    "PermitRootLogin yes",
    ...extra,
  ];
  writeFileSync(join(folder, "sshd_config"), `${config.join("\n")}\n`);
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
  const server: ChildProcess = spawn(
    SSHD,
    ["-D", "-f", join(folder, "sshd_config"), "-E", join(folder, "log")],
    {
      stdio: "ignore",
    },
  );
  await waitForPort(port, address);
  return {
    port,
    folder,
    privateKey: readFileSync(join(folder, "user"), "utf8"),
    identityFile: join(folder, "user"),
    hostKey,
    otherKey,
    connections: () => childrenOf(server.pid ?? 0),
    cut: () => endConnections(server.pid ?? 0),
    stop: async () => {
      endConnections(server.pid ?? 0);
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

function endConnections(server: number): void {
  for (const pid of childrenOf(server)) process.kill(pid, "SIGKILL");
}
