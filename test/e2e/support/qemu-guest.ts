import { execFile, spawn, type ChildProcess } from "node:child_process";
import { connect } from "node:net";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../support/free-port";

/** A guest that QEMU runs without libvirt, to see what an image does by itself. SSH is forwarded to a loopback port. */
export class QemuGuest {
  private constructor(
    private readonly process: ChildProcess,
    private readonly monitor: string,
    private readonly port: number,
    private readonly folder: string,
  ) {}

  /** @param args arguments beside network and display */
  static async start(emulator: string, args: readonly string[], folder: string): Promise<QemuGuest> {
    const port = await freePort();
    const monitor = join(folder, "monitor");
    const common = [
      ...["-nodefaults", "-display", "none", "-monitor", `unix:${monitor},server=on,wait=off`],
      ...[
        "-netdev",
        `user,id=net0,hostfwd=tcp:127.0.0.1:${port}-:22`,
        "-device",
        "virtio-net-pci,netdev=net0,romfile=",
      ],
      ...["-device", "virtio-rng-pci", "-serial", `file:${join(folder, "console.log")}`],
    ];
    const process = spawn(emulator, [...args, ...common], { stdio: ["ignore", "ignore", "pipe"] });
    const guest = new QemuGuest(process, monitor, port, folder);
    process.stderr.on("data", (data: Buffer) => (guest.said += data.toString()));
    return guest;
  }

  private said = "";

  /** Waits for a login with a pinned host key, then runs a command. */
  async ssh(user: string, keys: { identity: string; hostKey: string }, command: string): Promise<string> {
    const known = join(this.folder, "known_hosts");
    writeFileSync(known, `[127.0.0.1]:${this.port} ${keys.hostKey}\n`);
    const options = [
      ...["-F", "/dev/null", "-i", keys.identity, "-p", String(this.port), "-o", "BatchMode=yes"],
      ...["-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${known}`, "-o", "ConnectTimeout=10"],
    ];
    for (let tries = 0; ; tries++) {
      if (this.process.exitCode !== null) throw new Error(`qemu ended: ${this.said}`);
      const result = await run("ssh", [...options, `${user}@127.0.0.1`, command]);
      if (result.code !== 255) return result.output;
      // Another host key, or a refused login, does not get better.
      if (/REMOTE HOST IDENTIFICATION|Permission denied/.test(result.output) || tries >= 300) {
        throw new Error(result.output);
      }
      await new Promise((done) => setTimeout(done, 300));
    }
  }

  /** Presses the power button and waits until the guest has gone down. */
  async powerButton(): Promise<void> {
    const down = this.process.exitCode === null ? once(this.process, "exit") : Promise.resolve();
    await this.tellMonitor("system_powerdown");
    await down;
  }

  kill(): void {
    this.process.kill("SIGKILL");
  }

  private async tellMonitor(command: string): Promise<void> {
    const socket = connect(this.monitor);
    await once(socket, "connect");
    socket.write(`${command}\n`);
    await once(socket, "data");
    socket.end();
  }
}

function run(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { encoding: "utf8", timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      resolve({ code, output: stdout + stderr });
    });
  });
}
