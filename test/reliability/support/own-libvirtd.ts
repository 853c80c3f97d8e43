import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../e2e/support/started-pulumi";

/**
 * In a mount namespace of its own, libvirt's folders are the test's. Base images stay the machine's. The namespace lasts
 * as long as this script, whose standard input nobody closes.
 */
const NAMESPACE = `set -e
cp -a /etc/libvirt/. "$1/etc/"
rm -rf "$1/etc/qemu" "$1/etc/storage" "$1/etc/nwfilter"
# What libvirt found out about each emulator: asking again takes long.
cp -a /var/cache/libvirt/. "$1/cache/"
for pair in run:/run/libvirt lib:/var/lib/libvirt/qemu cache:/var/cache/libvirt etc:/etc/libvirt log:/var/log/libvirt; do
  mkdir -p "\${pair#*:}"
  mount --bind "$1/\${pair%%:*}" "\${pair#*:}"
done
chown libvirt-qemu: /var/lib/libvirt/qemu
echo ready
cat >/dev/null`;

/** A libvirtd beside the machine's, with guests, sockets and settings of its own, that a test may end and restart. */
export class OwnLibvirtd {
  readonly folder = mkdtempSync(join(tmpdir(), "gf-libvirtd-"));
  readonly diskPoolPath = join(this.folder, "guests");
  readonly uri = `qemu:///system?socket=${join(this.folder, "run", "libvirt-sock")}`;
  private readonly namespace: ChildProcess;

  private constructor() {
    for (const name of ["run", "lib", "cache", "etc", "log", "guests"]) mkdirSync(join(this.folder, name));
    // QEMU's user passes here.
    chmodSync(this.folder, 0o755);
    const argv = ["--mount", "--propagation", "private", "sh", "-c", NAMESPACE, "sh", this.folder];
    this.namespace = spawn("unshare", argv, { stdio: ["pipe", "pipe", "inherit"] });
  }

  static async make(): Promise<OwnLibvirtd> {
    const own = new OwnLibvirtd();
    const { stdout } = own.namespace;
    if (stdout === null) throw new Error("no output to wait for");
    const [said] = (await once(stdout, "data")) as [Buffer];
    if (!said.toString().includes("ready")) throw new Error(`the namespace says ${said.toString()}`);
    own.inside("virtlogd", "-d", "-p", "/run/libvirt/virtlogd.pid");
    await own.start();
    return own;
  }

  /** Starts the daemon, and waits until it answers. */
  async start(): Promise<void> {
    this.inside("libvirtd", "-d", "-p", "/run/libvirt/libvirtd.pid");
    await eventually("an answer of the test's libvirtd", () => {
      try {
        this.virsh("version");
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Ends the daemon, and waits until it is gone; its guests stay on. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const pid = this.pidOf("libvirtd");
    process.kill(pid, signal);
    await eventually("the end of the test's libvirtd", () => !runs(pid));
  }

  virsh(...args: readonly string[]): string {
    return execFileSync("virsh", ["-c", this.uri, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** State of a domain; `missing`: not defined. */
  stateOf(domain: string): string {
    const defined = this.virsh("list", "--all", "--name").split("\n");
    return defined.includes(domain) ? this.virsh("domstate", domain).trim() : "missing";
  }

  /** Ends everything, and removes it. */
  async remove(): Promise<void> {
    if (!runs(this.pidOf("libvirtd"))) await this.start();
    for (const domain of this.virsh("list", "--name").split("\n").filter(Boolean)) {
      this.virsh("destroy", domain);
    }
    await this.stop();
    process.kill(this.pidOf("virtlogd"), "SIGTERM");
    const ended = once(this.namespace, "exit");
    this.namespace.stdin?.end();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private inside(...argv: readonly string[]): void {
    const options = { stdio: ["ignore", "ignore", "inherit"] as const };
    execFileSync("nsenter", ["--mount", "--target", String(this.namespace.pid), ...argv], {
      stdio: [...options.stdio],
    });
  }

  private pidOf(daemon: string): number {
    const file = join(this.folder, "run", `${daemon}.pid`);
    return existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  }
}

/** Zombies have ended. */
function runs(pid: number): boolean {
  if (pid === 0 || !existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
}
