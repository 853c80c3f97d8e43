import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { openLocalShell } from "../../connections/local";
import { openShell } from "../../connections/open";
import type { Shell } from "../../connections/shell";
import { guestFiles } from "../../hypervisor/guest-files";
import { acquireLease } from "../../hypervisor/leases/acquire-lease";
import { fencedShell } from "../../hypervisor/leases/fenced-shell";
import { type FencedLease, LeaseHeldError } from "../../hypervisor/leases/lease";
import type { HypervisorSpec } from "../../hypervisor/spec";
import { freePort } from "../support/free-port";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";

/** Longer than a lease used to survive. */
const STALL_MS = 25_000;

/** A link that can stall, break, and be made again. */
class Link {
  private readonly sockets = new Set<Socket>();
  private isUp = true;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async to(target: number): Promise<Link> {
    const port = await freePort();
    const server = createServer();
    const link = new Link(server, port);
    server.on("connection", (near) => link.join(near, target));
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return link;
  }

  stall(): void {
    for (const socket of this.sockets) socket.pause();
  }

  goOn(): void {
    for (const socket of this.sockets) socket.resume();
  }

  break(): void {
    this.isUp = false;
    for (const socket of this.sockets) socket.destroy();
  }

  repair(): void {
    this.isUp = true;
  }

  close(): void {
    this.break();
    this.server.close();
  }

  private join(near: Socket, target: number): void {
    if (!this.isUp) {
      near.destroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on("data", (chunk) => to.write(chunk));
      from.on("error", () => undefined);
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}

describe("a lease on a hypervisor whose link is bad", function () {
  this.timeout(240_000);
  let sshd: LoopbackSshd;
  let link: Link;
  let pool: string;
  let shell: Shell;
  let spec: HypervisorSpec;
  let lease: FencedLease;

  before(async () => {
    sshd = await startLoopbackSshd();
  });
  after(() => sshd.stop());
  beforeEach(async () => {
    pool = mkdtempSync(join(tmpdir(), "guest-farm-link-"));
    mkdirSync(guestFiles(pool, "web").folder);
    link = await Link.to(sshd.port);
    const { identityFile, hostKey } = sshd;
    const way = { host: "127.0.0.1", port: link.port, user: userInfo().username, identityFile, hostKey };
    const connection = { type: "ssh", ...way } as const;
    shell = openShell(connection);
    const paths = { diskPoolPath: pool, imageCachePath: pool };
    spec = { name: "far", uri: "test:///default", connection, ...paths };
    const holder = { runId: "one", description: "one", since: "now" };
    lease = await acquireLease({ shell, spec }, "web", { holder, waitMs: 0 });
  });
  afterEach(async () => {
    link.repair();
    await lease.release();
    await shell.close();
    link.close();
    rmSync(pool, { recursive: true, force: true });
  });

  const works = async () => {
    const fenced = fencedShell(shell);
    fenced.enter(lease.fence);
    assert.equal(await fenced.output({ argv: ["echo", "still ours"] }), "still ours\n");
    assert.equal(lease.lost.aborted, false);
    const local = { shell: openLocalShell(), spec: { ...spec, connection: { type: "local" as const } } };
    const holder = { runId: "two", description: "two", since: "now" };
    await assert.rejects(acquireLease(local, "web", { holder, waitMs: 0 }), LeaseHeldError);
  };

  it("survives that the link stands still for 25 s", async () => {
    link.stall();
    await new Promise((resolve) => setTimeout(resolve, STALL_MS));
    assert.equal(lease.lost.aborted, false);
    link.goOn();
    await works();
  });

  it("survives that the link breaks for 10 s, and that each new one is refused", async () => {
    link.break();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    assert.equal(lease.lost.aborted, false);
    link.repair();
    await works();
  });
});
