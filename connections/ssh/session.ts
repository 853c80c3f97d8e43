import { writeFile } from "node:fs/promises";
import { HostKeyError } from "../guest-connection";
import { Limiter } from "../limiter";
import { startChild, type Child } from "../process/child";
import { TailBuffer } from "../process/tail-buffer";
import { shellCommand } from "../quote";
import { LinkLostError } from "../shell";
import { startKeyAgent, type KeyAgent } from "./agent";
import { startAskpass, type Askpass } from "./askpass";
import { pinnedKnownHosts, sshConfig } from "./config";
import { explainSshFailure } from "./failures";
import { describeNode, type SshNode } from "./node";
import { attach, detach, PrivateFolder } from "./private-folder";

/** Commands at once on one link: with the spare channels below eight. sshd refuses more than ten by default. */
const CHANNELS_PER_LINK = 6;
/** For ending what holds the others. */
const SPARE_CHANNELS = 2;
/** Commands at a terminal at once: each takes two channels. */
const TERMINALS_PER_LINK = 2;
/** Longest time for a login, in milliseconds: a busy emulated guest takes seconds for the key exchange alone. */
const LOGIN_LIMIT_MS = 60_000;
const READY = "guest-farm-link-ready";

/** What a session needs to get in. */
export interface SshRoute {
  /** Machines to jump through, then the machine itself. */
  readonly nodes: readonly [...SshNode[], SshNode];
  /** OpenSSH private key for the last machine. */
  readonly privateKey?: string;
  /** Password for the last machine. */
  readonly password?: string;
  /** A session with a machine from which the first of `nodes` is reached. */
  readonly through?: SshSession;
}

/** One open, authenticated connection, shared by all commands. */
interface Link {
  readonly socket: string;
  /** Settles with ssh's last words when the connection has ended. */
  readonly lost: Promise<string>;
}

interface Equipment {
  readonly folder: PrivateFolder;
  readonly agent?: KeyAgent;
  readonly askpass?: Askpass;
}

/** A place on a link for one command. */
export interface Channel {
  /** Complete argv of an ssh that runs `commandLine` over the link and never connects by itself. */
  argv(commandLine: string, options?: { tty: boolean }): readonly string[];
  /** Why the link has ended; null while it stands. Waits a moment, since ssh notices in no certain order. */
  lossReason(): Promise<string | null>;
  release(): void;
}

/** `spare`: for ending programs. `companion`: the second one of a spare, which limits it already. */
export type ChannelKind = "command" | "spare" | "companion";

/** A way to one machine over OpenSSH: connects at the first use, and again when the link was lost. */
export class SshSession {
  readonly description: string;
  private readonly target: SshNode;
  private readonly limiter = new Limiter(CHANNELS_PER_LINK);
  private readonly spares = new Limiter(SPARE_CHANNELS);
  /** Entered by who takes two channels for one command, before the first. */
  readonly terminals = new Limiter(TERMINALS_PER_LINK);
  private equipment: Promise<Equipment> | undefined;
  private link: Promise<Link> | undefined;
  private master: Child | undefined;
  private linkCount = 0;

  constructor(private readonly route: SshRoute) {
    this.target = route.nodes[route.nodes.length - 1] as SshNode;
    this.description = `ssh ${describeNode(this.target)}`;
  }

  /**
   * Makes sure that a link stands.
   * @throws HostKeyError for another key than the pinned one; LinkLostError with ssh's words.
   */
  async connect(): Promise<void> {
    await this.openLink();
  }

  /** Waits for a free channel. @throws as `connect`. */
  async channel(signal?: AbortSignal, kind: ChannelKind = "command"): Promise<Channel> {
    const release = await this.place(kind, signal);
    try {
      // What is to be ended ran on the link that stood; with another one there is nothing to do.
      if (kind !== "command" && this.link === undefined)
        throw new LinkLostError(this.description, "it is lost");
      const link = await this.openLink();
      const base = await this.baseArgv(link);
      return {
        argv: (commandLine, options) => [
          ...base,
          options?.tty === true ? "-tt" : "-T",
          "--",
          this.target.alias,
          commandLine,
        ],
        lossReason: async () => {
          const moment = new Promise<null>((resolve) => setTimeout(() => resolve(null), 300));
          return await Promise.race([link.lost, moment]);
        },
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  private async place(kind: ChannelKind, signal?: AbortSignal): Promise<() => void> {
    if (kind === "companion") return () => undefined;
    return (kind === "spare" ? this.spares : this.limiter).enter(signal);
  }

  /** An ssh that connects its standard input and output to an address as seen from the machine, over the link. */
  async forwardArgv(address: string, port: number): Promise<readonly string[]> {
    const link = await this.openLink();
    const host = address.includes(":") ? `[${address}]` : address;
    return [...(await this.baseArgv(link)), "-W", `${host}:${port}`, "--", this.target.alias];
  }

  /** Ends the link at once, without a word to the other side. */
  async drop(): Promise<void> {
    this.link = undefined;
    const master = this.master;
    if (master === undefined) return;
    attach(master);
    master.kill();
    await master.ended;
  }

  /** Ends the link and all helpers. The session can be used again afterwards. */
  async close(): Promise<void> {
    await this.drop();
    const equipment = await this.equipment?.catch(() => undefined);
    this.equipment = undefined;
    await equipment?.agent?.close();
    await equipment?.askpass?.close();
    await equipment?.folder.remove();
  }

  private async baseArgv(link: Link): Promise<readonly string[]> {
    const { folder } = await this.equip();
    // Without the link ssh would connect by itself, unlimited and unwatched: `false` forbids it.
    return ["ssh", "-F", folder.file("config"), "-S", link.socket, "-o", "ProxyCommand=false"];
  }

  /** Whoever comes first connects for all; a link that has ended is forgotten. */
  private openLink(): Promise<Link> {
    if (this.link === undefined) {
      const opening = this.startLink();
      const forget = (): void => {
        if (this.link === opening) this.link = undefined;
      };
      opening.then(({ lost }) => lost.then(forget), forget);
      this.link = opening;
    }
    return this.link;
  }

  private async startLink(): Promise<Link> {
    const { folder, askpass } = await this.equip();
    await this.writeConfig(folder);
    this.linkCount += 1;
    const name = `link${this.linkCount}`;
    const socket = folder.file(name);
    const options = ["ControlMaster=yes", "PermitLocalCommand=yes", `LocalCommand=echo ${READY}`];
    const argv = ["ssh", "-F", folder.file("config"), "-S", socket, ...options.flatMap((o) => ["-o", o])];
    const master = startChild([...argv, "-N", "-T", "--", this.target.alias], {
      stdin: "ignore",
      environmentExtra: askpass?.environment ?? {},
    });
    this.master = master;
    const stderr = new TailBuffer(64 * 1024);
    master.process.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    const forget = await folder.watch(name, master.process.pid ?? 0);
    const lost = master.ended.then(async ({ startError }) => {
      await forget();
      return startError ?? stderr.toString();
    });
    const ready = new Promise<"ready">((resolve) => {
      let seen = "";
      master.process.stdout?.on("data", (chunk: Buffer) => {
        seen += chunk.toString("latin1");
        if (seen.includes(READY)) resolve("ready");
      });
    });
    const limit = setTimeout(() => master.kill(), LOGIN_LIMIT_MS);
    const outcome = await Promise.race([ready, lost.then((words) => ({ words }))]);
    clearTimeout(limit);
    if (outcome !== "ready") throw this.failure(outcome.words);
    detach(master);
    return { socket, lost };
  }

  /** The error for ssh's last words while it connected. */
  private failure(words: string): Error {
    const failure = explainSshFailure(words);
    if (failure.kind !== "host key") return new LinkLostError(this.description, failure.reason);
    const pinned = this.target.hostKeys !== undefined;
    if (pinned && (failure.machine === null || failure.machine === this.target.alias)) {
      return new HostKeyError(describeNode(this.target), failure.reason);
    }
    const machine = failure.machine ?? describeNode(this.target);
    return new LinkLostError(
      this.description,
      `the host key of ${machine} was refused (${failure.reason}); if it is the right machine, put its key into ` +
        `your known_hosts file (ssh-keyscan shows it) or name it in the connection's hostKey`,
    );
  }

  private equip(): Promise<Equipment> {
    this.equipment ??= this.prepare().catch((error: unknown) => {
      this.equipment = undefined;
      throw error;
    });
    return this.equipment;
  }

  private async prepare(): Promise<Equipment> {
    const { privateKey, password } = this.route;
    const folder = new PrivateFolder();
    try {
      const passwords = new Map(password === undefined ? [] : [[this.target.alias, password]]);
      const [agent, askpass] = await Promise.all([
        privateKey === undefined ? undefined : startKeyAgent(folder, privateKey),
        password === undefined ? undefined : startAskpass(folder, passwords),
      ]);
      return { folder, ...(agent && { agent }), ...(askpass && { askpass }) };
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  /** Written for each link: the machine on the way may have a new link too. */
  private async writeConfig(folder: PrivateFolder): Promise<void> {
    const agent = (await this.equip()).agent;
    const target: SshNode = {
      ...this.target,
      ...(agent && { identityAgent: agent.socket }),
      ...(this.route.password !== undefined && { password: true }),
    };
    const nodes = [...this.route.nodes.slice(0, -1), target];
    if (this.route.through !== undefined) {
      const first = nodes[0] as SshNode;
      const way = await this.route.through.forwardArgv(first.hostName ?? first.alias, first.port ?? 22);
      nodes[0] = { ...first, proxyCommand: shellCommand(way).replaceAll("%", "%%") };
    }
    const pinned = folder.file("known_hosts");
    await writeFile(pinned, pinnedKnownHosts(nodes), { mode: 0o600 });
    await writeFile(folder.file("config"), sshConfig(nodes, { pinnedKnownHosts: pinned }), { mode: 0o600 });
  }
}
