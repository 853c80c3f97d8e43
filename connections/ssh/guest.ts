import { steadyMs } from "../../definitions/steady-time";
import type {
  CopyOptions,
  FetchOptions,
  Escalation,
  GuestConnection,
  GuestScript,
  ReadinessOptions,
} from "../guest-connection";
import type { HostConnectionSpec } from "../../hypervisor/spec";
import type { GuestExecutor } from "../guest/executor";
import { PosixGuest } from "../guest/posix-guest";
import { WindowsGuest } from "../guest/windows-guest";
import { type CommandResult, LoginRefusedError } from "../shell";
import { directProbe, forwardedProbe, type BannerProbe } from "./banner";
import { hostSessions } from "./host-sessions";
import { describeNode, type SshNode } from "./node";
import { waitForGuest } from "./readiness";
import { runInGuest } from "./run-in-guest";
import { SshSession } from "./session";
import { FORWARDED_RHYTHM, LOCAL_RHYTHM, waitForBanner } from "./wait-for-banner";

/** A guest as OpenSSH reaches it. */
export interface SshGuestSpec {
  /** As seen from the last machine of `via`. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** OpenSSH private key; secret. */
  readonly privateKey?: string;
  /** Secret. */
  readonly password?: string;
  /** Public host keys that it may show. */
  readonly hostKeys: readonly string[];
  readonly os: "linux" | "bsd" | "windows";
  /** Architecture of the machine, by libvirt's name; none: not known. */
  readonly arch?: string;
  /** How the login user becomes root; not needed for root and for users that sudo lets through. */
  readonly become?: Escalation;
  /** Hosts to pass, from the controller on; `local` ones vanish. */
  readonly via: readonly HostConnectionSpec[];
  /** Told when a server let go of a login, which is tried again. */
  readonly onRetry?: (text: string) => void;
}

const ALIAS = "guest";

/** A way into a guest over OpenSSH. */
export class SshGuest implements GuestConnection {
  readonly description: string;
  private readonly session: SshSession;
  private readonly hosts: readonly SshSession[];
  private readonly posix: PosixGuest | undefined;
  private readonly operations: PosixGuest | WindowsGuest;
  private readonly where: string;
  private readonly probe: BannerProbe;

  constructor(private readonly spec: SshGuestSpec) {
    const { address, port, user, hostKeys } = spec;
    const node: SshNode = { alias: ALIAS, hostName: address, port, user, hostKeys };
    this.hosts = hostSessions(spec.via, undefined, spec.onRetry);
    const through = this.hosts.at(-1);
    this.session = new SshSession({
      nodes: [node],
      ...(spec.privateKey !== undefined && { privateKey: spec.privateKey }),
      ...(spec.password !== undefined && { password: spec.password }),
      ...(through && { through }),
      ...(spec.onRetry && { onRetry: spec.onRetry }),
    });
    this.description = this.session.description;
    this.where = describeNode({ alias: ALIAS, hostName: address, port });
    this.probe =
      through === undefined
        ? directProbe(address, port)
        : forwardedProbe(() => through.forwardArgv(address, port));
    const executor: GuestExecutor = {
      description: this.description,
      exec: (program) => runInGuest(this.session, program, { user, os: spec.os }),
    };
    const { os, arch } = spec;
    const system = os === "windows" ? undefined : { os, ...(arch !== undefined && { arch }) };
    this.posix = system && new PosixGuest(executor, system, rootOf(spec));
    this.operations = this.posix ?? new WindowsGuest(executor);
  }

  async prepare(): Promise<void> {
    // What is wrong is told to who connects.
    await this.session.prepare().catch(() => undefined);
  }

  async waitUntilReady(options: ReadinessOptions): Promise<void> {
    const { posix } = this;
    this.session.waitFor(options.timeoutMs);
    await waitForGuest(
      {
        where: this.where,
        probe: this.probe,
        rhythm: this.hosts.length === 0 ? LOCAL_RHYTHM : FORWARDED_RHYTHM,
        login: () => this.session.connect("one"),
        breakOff: () => this.session.drop(),
        ...(posix && { cloudInit: (timeoutMs, signal) => posix.cloudInit(timeoutMs, signal) }),
      },
      options,
    );
  }

  /**
   * Finds out whether the pinned host key answers here; that the login is refused then does not matter.
   * @throws HostKeyError for another key, LinkLostError when nobody has shown one in time.
   */
  async meet(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    await this.hosts.at(-1)?.connect();
    this.session.waitFor(timeoutMs);
    const limit = AbortSignal.timeout(Math.max(1, Math.round(timeoutMs)));
    const over = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const breakOff = (): void => void this.session.drop();
    over.addEventListener("abort", breakOff, { once: true });
    try {
      await this.session.connect("one");
    } catch (error) {
      if (!(error instanceof LoginRefusedError)) throw error;
    } finally {
      over.removeEventListener("abort", breakOff);
    }
  }

  run(script: GuestScript): Promise<CommandResult> {
    return this.operations.run(script);
  }

  write(path: string, content: Buffer, options: CopyOptions): Promise<void> {
    return this.operations.write(path, content, options);
  }

  copyTo(localPath: string, guestPath: string, options: CopyOptions): Promise<void> {
    return this.operations.copyTo(localPath, guestPath, options);
  }

  copyFrom(guestPath: string, localPath: string, options: FetchOptions): Promise<void> {
    return this.operations.copyFrom(guestPath, localPath, options);
  }

  refresh(): Promise<readonly string[]> {
    return this.operations.refresh();
  }

  syncFileSystems(signal?: AbortSignal): Promise<void> {
    return this.operations.syncFileSystems(signal);
  }

  async drop(): Promise<void> {
    await this.session.drop();
  }

  async answers(timeoutMs: number): Promise<boolean> {
    const rhythm = this.hosts.length === 0 ? LOCAL_RHYTHM : FORWARDED_RHYTHM;
    const deadline = steadyMs() + timeoutMs;
    const seen = await waitForBanner(this.probe, rhythm, timeoutMs).catch(String);
    if (seen !== null) return false;
    const program = { argv: ["true"], label: ["true"], timeoutMs: Math.max(1, deadline - steadyMs()) };
    const limit = setTimeout(() => void this.session.drop(), program.timeoutMs + 500);
    try {
      const { user, os } = this.spec;
      if (os === "windows") await this.session.connect();
      else await runInGuest(this.session, program, { user, os });
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(limit);
    }
  }

  async close(): Promise<void> {
    await this.session.close();
    for (const host of [...this.hosts].reverse()) await host.close();
  }
}

function rootOf({ user, become }: SshGuestSpec): Escalation | undefined {
  if (user === "root") return undefined;
  return become?.user === "root" ? become : { user: "root", method: "sudo" };
}
