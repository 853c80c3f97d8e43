import { setTimeout as delay } from "node:timers/promises";
import { steadyMs } from "../../definitions/steady-time";
import {
  ReadinessError,
  type CopyOptions,
  type FetchOptions,
  type GuestConnection,
  type GuestScript,
  type ReadinessOptions,
} from "../guest-connection";
import { waitForCloudInit } from "../guest/wait-for-cloud-init";
import { PosixGuest } from "../guest/posix-guest";
import { randomProblem, refreshProblems } from "../guest/reseed/outcome";
import type { PosixSystem } from "../guest/reseed/refresh";
import type { CommandResult } from "../shell";
import { AgentChannel, type AgentAddress } from "./agent-channel";
import { AgentExecutor } from "./agent-executor";

const PING_PAUSE_MS = 100;
const PING_SECONDS = 2;
const CLOCK_SECONDS = 20;

/**
 * A way into a guest through its QEMU guest agent: needs no network and no login. Everything runs as root. libvirt
 * forwards to the agent of the very domain that is named, so that no host key is needed.
 */
export class AgentGuest implements GuestConnection {
  readonly description: string;
  private readonly channel: AgentChannel;
  private readonly posix: PosixGuest;

  constructor(address: AgentAddress, system: PosixSystem = { os: "linux" }) {
    this.channel = new AgentChannel(address);
    this.description = this.channel.description;
    const executor = new AgentExecutor(this.channel, system.os === "linux" ? "/bin/sh" : undefined);
    this.posix = new PosixGuest(executor, system);
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  /** `port` waits for the agent alone, `login` for cloud-init too. */
  async waitUntilReady(options: ReadinessOptions): Promise<void> {
    const { mode, timeoutMs, signal, onWait } = options;
    if (mode === "none") return;
    const deadline = steadyMs() + timeoutMs;
    onWait?.(`the ${this.description}`);
    const seen = await this.waitForPing(deadline, signal);
    if (seen !== null) throw new ReadinessError(`the ${this.description}`, timeoutMs, seen);
    if (mode === "port" || options.resumed === true) return;
    const ask = (leftMs: number, stop?: AbortSignal) => this.posix.cloudInit(leftMs, stop);
    await waitForCloudInit(ask, deadline, options);
  }

  run(script: GuestScript): Promise<CommandResult> {
    return this.posix.run(script);
  }

  write(path: string, content: Buffer, options: CopyOptions): Promise<void> {
    return this.posix.write(path, content, options);
  }

  copyTo(localPath: string, guestPath: string, options: CopyOptions): Promise<void> {
    return this.posix.copyTo(localPath, guestPath, options);
  }

  copyFrom(guestPath: string, localPath: string, options: FetchOptions): Promise<void> {
    return this.posix.copyFrom(guestPath, localPath, options);
  }

  async refresh(): Promise<readonly string[]> {
    const outcome = await this.posix.tryRefresh().catch((error: unknown) => messageOf(error));
    if (typeof outcome !== "string" && outcome.clock === 0) return refreshProblems(outcome);
    // Agents may be kept from running programs, or guests have no usable date. This also sets the hardware clock, for
    // which the guest needs a tool. In nanoseconds, which JSON numbers of this size carry to the microsecond.
    await this.channel.call("guest-set-time", { time: Date.now() * 1_000_000 }, CLOCK_SECONDS);
    return typeof outcome === "string" ? [randomProblem(outcome)] : refreshProblems({ ...outcome, clock: 0 });
  }

  syncFileSystems(signal?: AbortSignal): Promise<void> {
    return this.posix.syncFileSystems(signal);
  }

  drop(): Promise<void> {
    this.channel.drop();
    return Promise.resolve();
  }

  async answers(timeoutMs: number): Promise<boolean> {
    return (await this.waitForPing(steadyMs() + timeoutMs).catch(String)) === null;
  }

  close(): Promise<void> {
    return this.drop();
  }

  /** Null when the agent answers, else what was seen last. */
  private async waitForPing(deadline: number, signal?: AbortSignal): Promise<string | null> {
    let seen = "nothing yet";
    while (steadyMs() < deadline) {
      signal?.throwIfAborted();
      try {
        await this.channel.call("guest-ping", {}, PING_SECONDS);
        return null;
      } catch (error) {
        seen = messageOf(error);
      }
      await delay(PING_PAUSE_MS, undefined, signal === undefined ? {} : { signal });
    }
    return seen;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
