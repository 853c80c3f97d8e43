import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import {
  type CopyOptions,
  type GuestConnection,
  type GuestScript,
  HostKeyError,
  ReadinessError,
  type ReadinessOptions,
} from "../guest-connection";
import { type CommandResult, LinkLostError } from "../shell";
import { SshGuest, type SshGuestSpec } from "./guest";

/**
 * How long a greeting is waited for at one address before the next one, or before the guest is looked for again:
 * milliseconds at first, later a part of the time waited so far, because a slow guest greets slowly as well.
 */
const GREETING = { leastMs: 8_000, share: 0.5 };
const PAUSE_MS = 500;

/**
 * A guest whose address is only known when it runs. Addresses may be stale and lead to another machine: only the one
 * where the pinned host key answers is the guest.
 */
export class FoundGuest implements GuestConnection {
  readonly description: string;
  private guest: { readonly address: string; readonly connection: SshGuest } | undefined;

  /** @param locate addresses that the guest may have now, most likely first */
  constructor(
    private readonly spec: Omit<SshGuestSpec, "address">,
    private readonly name: string,
    private readonly locate: () => Promise<readonly string[]>,
  ) {
    this.description = `ssh ${spec.user}@${name}`;
  }

  /** Where the guest was found last, also after closing. */
  lastAddress: string | undefined;

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async waitUntilReady(options: ReadinessOptions): Promise<void> {
    if (options.mode === "none") return;
    const { timeoutMs, signal, onWait } = options;
    const started = steadyMs();
    const deadline = started + timeoutMs;
    let lastSeen = "no address";
    while (steadyMs() < deadline) {
      signal?.throwIfAborted();
      onWait?.(`an address of ${this.name}`);
      const candidates = await this.candidates();
      for (const [index, address] of candidates.entries()) {
        // A slow guest gets all the time that there is; a machine that keeps silent leaves their share to the others.
        const share = Math.round((deadline - steadyMs()) / (candidates.length - index));
        const greetingMs = Math.max(GREETING.leastMs, (steadyMs() - started) * GREETING.share);
        const seen = await this.tryAt(address, Math.max(1, share), greetingMs, signal);
        if (seen === null) {
          const left = Math.max(1, deadline - steadyMs());
          await this.connection().waitUntilReady({ ...options, timeoutMs: left });
          return;
        }
        lastSeen = seen;
      }
      await delay(PAUSE_MS, undefined, signal && { signal });
    }
    throw new ReadinessError(`guest ${this.name} at any address that it may have`, timeoutMs, lastSeen);
  }

  run(script: GuestScript): Promise<CommandResult> {
    return this.connection().run(script);
  }

  write(path: string, content: Buffer, options: CopyOptions): Promise<void> {
    return this.connection().write(path, content, options);
  }

  copyTo(localPath: string, guestPath: string, options: CopyOptions): Promise<void> {
    return this.connection().copyTo(localPath, guestPath, options);
  }

  copyFrom(guestPath: string, localPath: string, options: CopyOptions): Promise<void> {
    return this.connection().copyFrom(guestPath, localPath, options);
  }

  refresh(): Promise<readonly string[]> {
    return this.connection().refresh();
  }

  syncFileSystems(signal?: AbortSignal): Promise<void> {
    return this.connection().syncFileSystems(signal);
  }

  async drop(): Promise<void> {
    await this.guest?.connection.drop();
  }

  async answers(timeoutMs: number): Promise<boolean> {
    try {
      await this.waitUntilReady({ mode: "port", timeoutMs });
      return await this.connection().answers(timeoutMs);
    } catch {
      return false;
    }
  }

  close(): Promise<void> {
    return this.forget();
  }

  /** The address where it was found last comes first: a restored guest still has it. */
  private async candidates(): Promise<readonly string[]> {
    const known = this.lastAddress;
    const found = await this.locate();
    return known === undefined ? found : [known, ...found.filter((address) => address !== known)];
  }

  /** @returns null: the guest is there; else what was seen instead. */
  private async tryAt(
    address: string,
    timeoutMs: number,
    greetingMs: number,
    signal?: AbortSignal,
  ): Promise<string | null> {
    if (this.guest?.address !== address) await this.forget();
    const connection = this.guest?.connection ?? new SshGuest({ ...this.spec, address });
    try {
      await connection.waitUntilReady({
        mode: "port",
        timeoutMs: Math.min(greetingMs, timeoutMs),
        ...(signal && { signal }),
      });
      await connection.meet(timeoutMs, signal);
      this.guest = { address, connection };
      this.lastAddress = address;
      return null;
    } catch (error) {
      this.guest = undefined;
      await connection.close();
      signal?.throwIfAborted();
      if (error instanceof HostKeyError) return `another machine at ${address}: ${error.message}`;
      if (error instanceof ReadinessError || error instanceof LinkLostError) return error.message;
      throw error;
    }
  }

  private connection(): SshGuest {
    if (this.guest !== undefined) return this.guest.connection;
    throw new LinkLostError(this.description, "its address is not known yet");
  }

  private async forget(): Promise<void> {
    const { guest } = this;
    this.guest = undefined;
    await guest?.connection.close();
  }
}
