import { UserError } from "../../definitions/user-error";
import type { HostConnectionSpec } from "../../hypervisor/spec";

/** One machine on the way, as OpenSSH has to know it. Holds no secret. */
export interface SshNode {
  /** Name of its block in the configuration; also the name under which its host key is checked when pinned. */
  readonly alias: string;
  /** Address; default: the alias, which may be a name from the user's own OpenSSH configuration. */
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  /** Public host keys that it may show (`ssh-ed25519 AAAA...`). Default: the user's known hosts decide. */
  readonly hostKeys?: readonly string[];
  /** known_hosts file to check against instead of the user's; ignored with `hostKeys`. */
  readonly knownHostsFile?: string;
  readonly identityFile?: string;
  /** Socket of the agent to use; default: the user's. With it no key files are tried. */
  readonly identityAgent?: string;
  /** A password will be given by the askpass helper. */
  readonly password?: boolean;
  /** Alias of the machine to pass through. */
  readonly jump?: string;
  /** Command that connects standard input and output to it, for a POSIX shell; instead of `jump`. */
  readonly proxyCommand?: string;
  /** Whether the user's own OpenSSH configuration fills in what is not said here. */
  readonly userConfig?: boolean;
}

const JUMP = /^(?:([^@\s]+)@)?(\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?\]|[^@:\s[\],/]+)(?::(\d{1,5}))?$/;

/** Reads `[user@]host[:port]`, IPv6 addresses in brackets. @throws UserError for anything else. */
export function parseJump(text: string): { user?: string; host: string; port?: number } {
  const [, user, host, portText] = JUMP.exec(text) ?? [];
  const port = portText === undefined ? undefined : Number(portText);
  if (host === undefined || host.startsWith("-") || (port !== undefined && (port < 1 || port > 65535))) {
    throw new UserError({
      what: "not a machine to jump through",
      found: text,
      allowed: "[user@]host[:port]",
    });
  }
  return {
    host: host.replace(/^\[(.*)\]$/, "$1"),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
  };
}

type SshHost = Extract<HostConnectionSpec, { type: "ssh" }>;

/** The way to a host: the machines to jump through, then the host itself. */
export function nodesOfHost(spec: SshHost): readonly [...SshNode[], SshNode] {
  const jumps: SshNode[] = [];
  for (const text of spec.jump ?? []) {
    const { host, user, port } = parseJump(text);
    jumps.push({
      alias: host,
      userConfig: true,
      ...(user === undefined ? {} : { user }),
      ...(port === undefined ? {} : { port }),
      ...withJump(jumps.at(-1)),
    });
  }
  const host: SshNode = {
    // A pinned key is checked under a name of our own: the user's known hosts may know another one for this host.
    alias: spec.hostKey === undefined ? spec.host : `pinned-${spec.host}`,
    ...(spec.hostKey === undefined ? {} : { hostName: spec.host, hostKeys: [spec.hostKey] }),
    userConfig: spec.hostKey === undefined,
    ...(spec.port === undefined ? {} : { port: spec.port }),
    ...(spec.user === undefined ? {} : { user: spec.user }),
    ...(spec.identityFile === undefined ? {} : { identityFile: spec.identityFile }),
    ...(spec.knownHostsFile === undefined ? {} : { knownHostsFile: spec.knownHostsFile }),
    ...withJump(jumps.at(-1)),
  };
  return [...jumps, host];
}

function withJump(previous: SshNode | undefined): { jump?: string } {
  return previous === undefined ? {} : { jump: previous.alias };
}

/** `user@address:port` for messages. */
export function describeNode(node: SshNode): string {
  const host = node.hostName ?? node.alias;
  const address = host.includes(":") ? `[${host}]` : host;
  return `${node.user === undefined ? "" : `${node.user}@`}${address}${node.port === undefined ? "" : `:${node.port}`}`;
}
