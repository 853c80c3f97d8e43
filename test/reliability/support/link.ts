import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A link between controller and hypervisor that a test can stall, cut and mend: a TCP proxy on the loopback. */
export class Link {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private stalled = false;

  private constructor(
    readonly port: number,
    private readonly to: number,
  ) {}

  /** @param to port of the server behind it */
  static async open(to: number): Promise<Link> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const link = new Link(address.port, to);
    link.serve(server);
    return link;
  }

  /** How many connections pass it now. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  /** Nothing passes any more, and nobody is told: what is sent waits. New connections open, and nobody answers. */
  stall(): void {
    this.stalled = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** All that was sent meanwhile arrives. */
  resume(): void {
    this.stalled = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** Ends all connections, and refuses new ones. */
  cut(): void {
    this.server?.close();
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Lets new connections through again after `cut`. */
  async mend(): Promise<void> {
    const server = createServer();
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    this.serve(server);
  }

  private serve(server: Server): void {
    this.server = server;
    // What one side ends is ended for the other when the rest has passed.
    server.on("connection", (near) => {
      const far = connect(this.to, "127.0.0.1");
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(from);
        from.on("data", (chunk: Buffer) => void to.write(chunk));
        from.on("end", () => to.end());
        from.on("error", () => to.destroy());
        from.on("close", () => {
          this.sockets.delete(from);
          to.destroySoon();
        });
        if (this.stalled) from.pause();
      }
    });
  }
}
