import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a path answers; `request` counts from 1. */
export type Answer = (
  request: { readonly count: number; readonly from: number },
  reply: ServerResponse,
) => void;

/** A web server on the loopback, for downloads that go wrong in every way. */
export class ImageServer {
  /** Requests per path, HEAD not counted. */
  readonly counts = new Map<string, number>();
  private readonly server = createServer((request, reply) => this.answer(request, reply));

  /** @param sizes what HEAD says of a path, bytes; default: nothing */
  constructor(
    private readonly answers: Readonly<Record<string, Answer>>,
    private readonly sizes: Readonly<Record<string, number>> = {},
  ) {}

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${path}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, reply: ServerResponse): void {
    const path = request.url ?? "";
    if (request.method === "HEAD") {
      const size = this.sizes[path];
      reply.writeHead(200, size === undefined ? {} : { "content-length": size }).end();
      return;
    }
    const count = (this.counts.get(path) ?? 0) + 1;
    this.counts.set(path, count);
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const answer = this.answers[path];
    if (answer === undefined) reply.writeHead(404).end();
    else answer({ count, from }, reply);
  }
}

/** Sends content, from where it was asked for. */
export function whole(content: Buffer): Answer {
  return ({ from }, reply) => {
    if (from >= content.length && from > 0) reply.writeHead(416).end();
    else sendFrom(content, from, content.length, reply);
  };
}

/** Breaks the connection in the middle, the first `times` times. */
export function cut(content: Buffer, times: number): Answer {
  return (request, reply) => {
    if (request.count > times) whole(content)(request, reply);
    else sendFrom(content, request.from, request.from + Math.floor(content.length / 4), reply);
  };
}

/** Sends everything again, whatever was asked for, after breaking off once. */
export function withoutRanges(content: Buffer): Answer {
  return ({ count }, reply) =>
    sendFrom(content, 0, count === 1 ? content.length / 2 : content.length, reply, 200);
}

function sendFrom(content: Buffer, from: number, to: number, reply: ServerResponse, status = 206): void {
  reply.writeHead(status, {
    "content-length": content.length - from,
    "content-range": `bytes ${from}-${content.length - 1}/${content.length}`,
  });
  if (to >= content.length) reply.end(content.subarray(from));
  else reply.write(content.subarray(from, to), () => reply.destroy());
}
