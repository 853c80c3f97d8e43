import type { HostConnectionSpec } from "../../hypervisor/spec";
import { nodesOfHost, type SshNode } from "./node";
import { type SshRoute, SshSession } from "./session";

/** A host that takes a login: the local machine takes none. */
export type SshHop = Exclude<HostConnectionSpec, { type: "local" }>;

/**
 * Every login on the way to a host, from the controller on, its own the last: a guest's host is reached over the
 * hypervisor that it lives on, however deep; local hosts vanish.
 */
export function hopsOf(connection: HostConnectionSpec): readonly SshHop[] {
  if (connection.type === "local") return [];
  if (connection.type === "ssh") return [connection];
  const { via = [connection.hypervisor.connection] } = connection;
  return [...via.flatMap(hopsOf), connection];
}

/** Sessions with the hosts on the way, each through the one before. None connects before its first use. */
export function hostSessions(
  via: readonly HostConnectionSpec[],
  first?: SshSession,
  onRetry?: (text: string) => void,
): readonly SshSession[] {
  const sessions: SshSession[] = [];
  for (const hop of via.flatMap(hopsOf)) {
    const through = sessions.at(-1) ?? first;
    const session = new SshSession({
      ...routeTo(hop),
      ...(through && { through }),
      ...(onRetry && { onRetry }),
    });
    if (hop.type === "guest" && hop.power !== undefined) session.waitFor(hop.power.readiness * 1000);
    sessions.push(session);
  }
  return sessions;
}

function routeTo(hop: SshHop): SshRoute {
  if (hop.type === "ssh") return { nodes: nodesOfHost(hop) };
  const { address, port, user, hostKeys, privateKey, password } = hop;
  const node: SshNode = { alias: ALIAS, hostName: address, port, user, hostKeys };
  return {
    nodes: [node],
    ...(privateKey !== undefined && { privateKey }),
    ...(password !== undefined && { password }),
  };
}

const ALIAS = "guest-host";
