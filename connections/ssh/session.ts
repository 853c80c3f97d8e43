import { setTimeout as delay } from "node:timers/promises";
import type { Login } from "../guest/wrapped-program";
import { Limiter } from "../limiter";
import { shellCommand } from "../quote";
import { LinkLostError, LoginDroppedError } from "../shell";
import { Equipment, type LoginSecrets } from "./equipment";
import { startLink, type Link } from "./link";
import { describeNode, type SshNode } from "./node";

/** Commands at once on one link: with the spare channels eight. sshd refuses more than ten by default. */
const CHANNELS_PER_LINK = 6;
/** For ending what holds the others. */
const SPARE_CHANNELS = 2;
/** Commands at a terminal at once: each takes two channels. */
const TERMINALS_PER_LINK = 2;
/** ssh processes notice the end of their link in no certain order: how far they are apart, in milliseconds. */
const NOTICE_MS = 300;

/** Until the next try after a login that the server let go of, in milliseconds: about half a minute in all. */
const DROPPED_PAUSES_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 8_000] as const;

/** How long a login may take at least, in milliseconds: a busy emulated guest needs seconds for the key exchange alone. */
const LEAST_LOGIN_MS = 60_000;
/** The same over other hosts: a guest of an emulated hypervisor is emulated twice, and has been seen to take 79 s. */
const LEAST_FAR_LOGIN_MS = 180_000;

/** What a session needs to get in. */
export interface SshRoute extends LoginSecrets {
  /** Machines to jump through, then the machine itself. */
  readonly nodes: readonly [...SshNode[], SshNode];
  /** A session with a machine from which the first of `nodes` is reached. */
  readonly through?: SshSession;
  /** Told when the server let go of a login, which is tried again. */
  readonly onRetry?: (text: string) => void;
}

/** A place on a link for one command. */
export interface Channel {
  /** Complete argv of an ssh that runs `commandLine` over the link and never connects by itself. */
  argv(commandLine: string, options?: { tty: boolean }): readonly string[];
  /** Why the link has ended; null while it stands. */
  lossReason(): Promise<string | null>;
  /** What a program has told of the login that the link stands for. */
  login(): Login | undefined;
  /** Keeps what a program has told of the login. */
  learn(login: Login): void;
  release(): void;
}

/** `spare`: for ending programs. `companion`: the second one of a spare, which limits it already. */
export type ChannelKind = "command" | "spare" | "companion";

/** A way to one machine over OpenSSH: connects at the first use, and again when the link was lost. */
export class SshSession {
  readonly description: string;
  /** Entered by who takes two channels for one command, before the first. */
  readonly terminals = new Limiter(TERMINALS_PER_LINK);
  private readonly target: SshNode;
  private readonly commands = new Limiter(CHANNELS_PER_LINK);
  private readonly spares = new Limiter(SPARE_CHANNELS);
  private equipment: Promise<Equipment> | undefined;
  private link: Promise<Link> | undefined;
  private readonly links = new Set<Link>();
  private linkCount = 0;
  /** How often everything was dropped: a login that was broken off is not tried again. */
  private drops = 0;
  private loginMs: number;

  constructor(private readonly route: SshRoute) {
    this.target = route.nodes[route.nodes.length - 1] as SshNode;
    this.description = `ssh ${describeNode(this.target)}`;
    const far = route.through !== undefined || route.nodes.length > 1;
    this.loginMs = far ? LEAST_FAR_LOGIN_MS : LEAST_LOGIN_MS;
  }

  /** Starts the helpers that a login needs. */
  async prepare(): Promise<void> {
    await this.equip();
  }

  /**
   * Says for how long the machine is waited for: the logins to come, there and at those before it, may take as long,
   * if that is more than what was said before, or than what they may take where nobody says anything.
   *
   * @param readinessMs milliseconds
   */
  waitFor(readinessMs: number): void {
    this.loginMs = Math.max(this.loginMs, readinessMs);
    this.route.through?.waitFor(readinessMs);
  }

  /**
   * Makes sure that a link stands.
   * @param tries `one`: the caller tries again by himself. Default: as often as a server with too many connections needs
   * @throws HostKeyError for another key than the pinned one; LinkLostError with ssh's words.
   */
  async connect(tries: "one" | "several" = "several"): Promise<void> {
    await this.openLink(tries);
  }

  /** Waits for a free channel. @throws as `connect`, or the signal's reason. */
  async channel(signal?: AbortSignal, kind: ChannelKind = "command"): Promise<Channel> {
    const release = await this.place(kind, signal);
    try {
      // What is to be ended ran on the link that stood; with another one there is nothing to do.
      if (kind !== "command" && this.link === undefined) {
        throw new LinkLostError(this.description, "the link is lost");
      }
      const link = await unlessAborted(this.openLink(), signal);
      const base = await this.baseArgv(link);
      return {
        argv: (commandLine, options) => {
          const terminal = options?.tty === true ? "-tt" : "-T";
          return [...base, terminal, "--", this.target.alias, commandLine];
        },
        lossReason: async () => {
          const moment = new Promise<null>((resolve) => setTimeout(() => resolve(null), NOTICE_MS));
          return Promise.race([link.lost, moment]);
        },
        login: () => link.login,
        learn: (login) => (link.login = login),
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** An ssh that connects its standard input and output to an address as seen from the machine, over the link. */
  async forwardArgv(address: string, port: number): Promise<readonly string[]> {
    const link = await this.openLink();
    const host = address.includes(":") ? `[${address}]` : address;
    return [...(await this.baseArgv(link)), "-W", `${host}:${port}`, "--", this.target.alias];
  }

  /** Ends the link at once, without a word to the other side; a login under way, too. */
  async drop(): Promise<void> {
    this.drops += 1;
    this.link = undefined;
    await Promise.all([...this.links].map((link) => link.end()));
  }

  /** Ends the link and all helpers. The session can be used again afterwards. */
  async close(): Promise<void> {
    await this.drop();
    const equipment = await this.equipment?.catch(() => undefined);
    this.equipment = undefined;
    await equipment?.close();
  }

  private async place(kind: ChannelKind, signal?: AbortSignal): Promise<() => void> {
    if (kind === "companion") return () => undefined;
    return (kind === "spare" ? this.spares : this.commands).enter(signal);
  }

  private async baseArgv(link: Link): Promise<readonly string[]> {
    const { configFile } = await this.equip();
    // Without the link ssh would connect by itself, unlimited and unwatched: `false` forbids it.
    return ["ssh", "-F", configFile, "-S", link.socket, "-o", "ProxyCommand=false"];
  }

  /** Whoever comes first connects for all; a link that has ended is forgotten. */
  private openLink(tries: "one" | "several" = "several"): Promise<Link> {
    if (this.link === undefined) {
      const opening = tries === "one" ? this.connectAgain() : this.connectPatiently();
      const forget = (): void => {
        if (this.link === opening) this.link = undefined;
      };
      opening.then(({ lost }) => lost.then(forget), forget);
      this.link = opening;
    }
    return this.link;
  }

  private async connectAgain(): Promise<Link> {
    const equipment = await this.equip();
    // Each time: the machine on the way may have another link by now.
    await equipment.configure(await this.nodes());
    this.linkCount += 1;
    const link = await startLink(equipment, this.target, `link${this.linkCount}`, this.loginMs);
    this.links.add(link);
    void link.lost.then(() => this.links.delete(link));
    await link.ready;
    return link;
  }

  /** A server that has too many connections at the moment lets go of some: who comes again a little later gets in. */
  private async connectPatiently(): Promise<Link> {
    const { drops } = this;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.connectAgain();
      } catch (error) {
        const pause = DROPPED_PAUSES_MS[tries];
        if (!(error instanceof LoginDroppedError) || pause === undefined || drops !== this.drops) throw error;
        this.route.onRetry?.(`${error.message}; trying again in ${pause / 1000} s`);
        // Some of those that were dropped together come again at another time.
        await delay(pause * (1 + Math.random() / 2));
        if (drops !== this.drops) throw error;
      }
    }
  }

  private async nodes(): Promise<readonly SshNode[]> {
    const { through } = this.route;
    const [first, ...rest] = this.route.nodes;
    if (through === undefined) return this.route.nodes;
    const way = await through.forwardArgv(first.hostName ?? first.alias, first.port ?? 22);
    return [{ ...first, proxyCommand: shellCommand(way).replaceAll("%", "%%") }, ...rest];
  }

  private equip(): Promise<Equipment> {
    this.equipment ??= Equipment.prepare(this.target.alias, this.route).catch((error: unknown) => {
      this.equipment = undefined;
      throw error;
    });
    return this.equipment;
  }
}

/** The promise's outcome, or the signal's reason if that comes first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
