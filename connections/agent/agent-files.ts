import type { Readable } from "node:stream";
import { z } from "zod";
import type { AgentChannel } from "./agent-channel";

/** Bytes per request: as base64 it stays one line of 64 KiB for virsh. */
const WRITE_BYTES = 48 * 1024;
const READ_BYTES = 1024 * 1024;

const Handle = z.number().int();
const ReadReply = z.object({ count: z.number().int(), "buf-b64": z.string(), eof: z.boolean() });

/** Files of a guest through its agent. Format: the QEMU guest agent's `guest-file-*` commands. */
export class AgentFiles {
  constructor(private readonly channel: AgentChannel) {}

  /** Fills a file that exists or is made. */
  async write(path: string, content: string | Buffer | Readable): Promise<void> {
    const handle = await this.open(path, "w");
    try {
      if (typeof content === "string") await this.writeBytes(handle, Buffer.from(content));
      else if (Buffer.isBuffer(content)) await this.writeBytes(handle, content);
      else for await (const chunk of content) await this.writeBytes(handle, Buffer.from(chunk as Uint8Array));
    } finally {
      await this.close(handle);
    }
  }

  async open(path: string, mode: "r" | "w"): Promise<number> {
    return Handle.parse(await this.channel.call("guest-file-open", { path, mode }));
  }

  /** Reads what has come since the last time; empty at the present end. */
  async read(handle: number): Promise<Buffer> {
    const reply = ReadReply.parse(await this.channel.call("guest-file-read", { handle, count: READ_BYTES }));
    return Buffer.from(reply["buf-b64"], "base64").subarray(0, reply.count);
  }

  async close(handle: number): Promise<void> {
    await this.channel.call("guest-file-close", { handle });
  }

  private async writeBytes(handle: number, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += WRITE_BYTES) {
      const part = bytes.subarray(at, at + WRITE_BYTES);
      await this.channel.call("guest-file-write", { handle, "buf-b64": part.toString("base64") });
    }
  }
}
