import { hopsOf, type SshHop } from "../../connections/ssh/host-sessions";
import { nodesOfHost, type SshNode } from "../../connections/ssh/node";
import { fileSlug } from "../../hypervisor/guest-files";
import type { HypervisorSpec } from "../../hypervisor/spec";
import type { GuestAccessSpec } from "./spec";

/** A way that ssh can go: the machine at its end and all that lie before it. */
export interface FarmWay {
  /** Name for `ssh -F`. */
  readonly alias: string;
  /** Machines in order; the last one is the end of the way. */
  readonly nodes: readonly SshNode[];
}

/** The machines of a farm for one OpenSSH configuration, each once, however many ways pass it. */
export class FarmNodes {
  private readonly byAlias = new Map<string, SshNode>();

  /** All machines, in the order in which they were first passed. */
  get all(): readonly SshNode[] {
    return [...this.byAlias.values()];
  }

  /** The way to a guest; null: it is not reached over SSH, or its address is only known when it runs. */
  guest(access: GuestAccessSpec, address?: string): FarmWay | null {
    const { connection, name } = access;
    const hostName = connection.type === "ssh" ? (address ?? connection.address) : undefined;
    if (connection.type !== "ssh" || hostName === undefined) return null;
    const { port, user, hostKeys } = connection;
    const before = this.hops(viaOf(access));
    return this.add(before, { alias: fileSlug(name), hostName, port, user, hostKeys });
  }

  /** The way to a hypervisor's host; null: it is this machine. */
  host(hypervisor: HypervisorSpec): FarmWay | null {
    return this.hops(hopsOf(hypervisor.connection));
  }

  private hops(hops: readonly SshHop[]): FarmWay | null {
    let way: FarmWay | null = null;
    for (const hop of hops) {
      if (hop.type === "guest") {
        const { guest, address, port, user, hostKeys } = hop;
        way = this.add(way, { alias: fileSlug(guest), hostName: address, port, user, hostKeys });
      } else {
        for (const node of nodesOfHost(hop)) way = this.add(way, node);
      }
    }
    return way;
  }

  private add(before: FarmWay | null, node: SshNode): FarmWay {
    const full = before === null ? node : { ...node, jump: before.alias };
    const alias = this.place(full);
    return { alias, nodes: [...(before?.nodes ?? []), this.byAlias.get(alias) ?? full] };
  }

  /** Two machines may have one name, as seen from different places: the second gets a number. */
  private place(node: SshNode): string {
    for (let number = 1; ; number += 1) {
      const alias = number === 1 ? node.alias : `${node.alias}-${number}`;
      const named = number === 1 ? node : { ...node, alias, hostName: node.hostName ?? node.alias };
      const known = this.byAlias.get(alias);
      if (known !== undefined && JSON.stringify(known) !== JSON.stringify(named)) continue;
      this.byAlias.set(alias, named);
      return alias;
    }
  }
}

/** The logins before a guest's own. */
export function viaOf({ hypervisor, connection }: GuestAccessSpec): readonly SshHop[] {
  const via = connection.type === "ssh" ? connection.via : undefined;
  return (via ?? [hypervisor.connection]).flatMap(hopsOf);
}
