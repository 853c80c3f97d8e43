import { randomBytes } from "node:crypto";
import { LinkLostError, type RunningCommand, type Shell } from "../shell";
import { readReply, virshLine, type AgentReply } from "./virsh-dialogue";

/** A domain as virsh reaches it on the hypervisor's host. */
export interface AgentAddress {
  readonly shell: Shell;
  /** libvirt URI as seen on the host. */
  readonly uri: string;
  readonly domain: string;
}

/** The guest agent said no. */
export class AgentRefusal extends Error {
  constructor(
    readonly command: string,
    readonly reason: string,
  ) {
    super(`the guest agent refused ${command}: ${reason}`);
    this.name = "AgentRefusal";
  }
}

/** Time over which virsh's own limit is exceeded before virsh itself counts as stuck, in milliseconds. */
const VIRSH_GRACE_MS = 15_000;

/**
 * Talks to the QEMU guest agent of one domain through one virsh that stays open: requests go to its standard input,
 * since they may hold secrets and everybody can read an argv. One request at a time, as the agent works.
 */
export class AgentChannel {
  readonly description: string;
  private virsh: { readonly command: RunningCommand; readonly lines: AsyncIterator<string> } | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly address: AgentAddress) {
    this.description = `guest agent of "${address.domain}"`;
  }

  /**
   * Sends one command and returns what the agent returns.
   * @param timeoutSeconds how long the agent may take.
   * @throws AgentRefusal with the agent's or libvirt's words, LinkLostError when virsh has ended.
   */
  call(execute: string, args: object = {}, timeoutSeconds = 30): Promise<unknown> {
    const turn = this.last.then(
      () => this.exchange(execute, args, timeoutSeconds),
      () => this.exchange(execute, args, timeoutSeconds),
    );
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** Ends virsh; the next call starts another. */
  drop(): void {
    this.virsh?.command.kill();
    this.virsh = undefined;
  }

  private async exchange(execute: string, args: object, timeoutSeconds: number): Promise<unknown> {
    const { command, lines } = this.open();
    const mark = `guest-farm-${randomBytes(12).toString("hex")}`;
    const request = JSON.stringify({ execute, arguments: args });
    command.write(virshLine(this.address.domain, request, timeoutSeconds, mark));
    const stuck = setTimeout(() => this.drop(), timeoutSeconds * 1000 + VIRSH_GRACE_MS);
    try {
      const said: string[] = [];
      for (;;) {
        const next = await lines.next();
        if (next.done === true) throw await this.lost(command, said);
        if (next.value.startsWith(mark)) break;
        said.push(next.value);
      }
      return this.result(execute, readReply(said));
    } finally {
      clearTimeout(stuck);
    }
  }

  private result(execute: string, reply: AgentReply): unknown {
    if (reply.ok) return reply.value;
    throw new AgentRefusal(execute, reply.reason);
  }

  private async lost(command: RunningCommand, said: readonly string[]): Promise<LinkLostError> {
    if (this.virsh?.command === command) this.virsh = undefined;
    const { stderr } = await command.exited;
    const words = [...said, stderr].join("\n").trim().split("\n").slice(-3).join("; ");
    return new LinkLostError(this.description, words || "virsh ended");
  }

  private open(): { readonly command: RunningCommand; readonly lines: AsyncIterator<string> } {
    if (this.virsh === undefined) {
      const { shell, uri } = this.address;
      const argv = ["sh", "-c", 'exec env LC_ALL=C virsh -q -c "$1" 2>&1', "virsh", uri];
      const command = shell.start(argv);
      this.virsh = { command, lines: command.lines[Symbol.asyncIterator]() };
    }
    return this.virsh;
  }
}
