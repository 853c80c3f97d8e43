import { UserError } from "../../definitions/user-error";
import type { SshNode } from "./node";

/** Paths that a configuration refers to. */
export interface SshConfigPaths {
  /** known_hosts file of our own, with the pinned keys. */
  readonly pinnedKnownHosts: string;
  /** Control socket that commands share, `%C` and so on allowed; default: no sharing through the configuration. */
  readonly controlPath?: string;
  /** A person works with it: ssh may ask questions and forward ports. Default: false. */
  readonly attended?: boolean;
}

/**
 * First the exchange that is cheapest for an emulated processor, then whatever both sides know. The preferred cipher
 * of OpenSSH (chacha20) is already the one that is fastest without instructions for AES.
 */
const KEY_EXCHANGE = "^curve25519-sha256,curve25519-sha256@libssh.org";

/** What a program that reads ssh's output has no use for. */
const UNATTENDED = [
  "ClearAllForwardings yes",
  "PermitLocalCommand no",
  "RemoteCommand none",
  "RequestTTY auto",
  "EscapeChar none",
];

/** Seconds of silence after which the other side is asked, and how often in vain until the link counts as lost. */
const ALIVE = { interval: 10, count: 4 };

/** One argument of a keyword: quoted where it needs it. @throws UserError for characters that no value can have. */
function value(text: string, what: string): string {
  // eslint-disable-next-line no-control-regex -- control characters would end the line
  if (text === "" || /[\u0000-\u001f\u007f]/.test(text)) {
    throw new UserError({ what: `${what} cannot be used for SSH`, found: JSON.stringify(text) });
  }
  if (/^[A-Za-z0-9_@%+:,./-]+$/.test(text)) return text;
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** A path where OpenSSH would expand `%` tokens. */
const path = (text: string, what: string): string => value(text.replaceAll("%", "%%"), what);

/** The name of a block. Patterns would match other machines too. */
function alias(text: string): string {
  if (/[\s*?!,"'#\\]/.test(text) || text.startsWith("-") || text === "") {
    throw new UserError({
      what: "not a host name for SSH",
      found: JSON.stringify(text),
      allowed: "a name or an address",
    });
  }
  return text;
}

function authentication(node: SshNode, attended: boolean): string[] {
  const lines: string[] = [];
  if (node.identityAgent !== undefined) {
    lines.push("IdentityFile none", `IdentityAgent ${path(node.identityAgent, "the agent's socket")}`);
  } else if (node.identityFile !== undefined) {
    lines.push(`IdentityFile ${path(node.identityFile, "the identity file")}`, "IdentitiesOnly yes");
  }
  if (node.password === true) {
    const key = node.identityAgent === undefined ? "" : "publickey,";
    lines.push(
      "BatchMode no",
      "NumberOfPasswordPrompts 1",
      `PreferredAuthentications ${key}password,keyboard-interactive`,
    );
    if (key === "") lines.push("PubkeyAuthentication no");
  } else if (!attended) {
    lines.push("BatchMode yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no");
  }
  return lines;
}

function hostKeys(node: SshNode, paths: SshConfigPaths): string[] {
  const lines = ["StrictHostKeyChecking yes", "UpdateHostKeys no", "CheckHostIP no", "VerifyHostKeyDNS no"];
  if (node.hostKeys !== undefined) {
    lines.push(
      `HostKeyAlias ${alias(node.alias)}`,
      `UserKnownHostsFile ${path(paths.pinnedKnownHosts, "the known_hosts file")}`,
      "GlobalKnownHostsFile /dev/null",
    );
  } else if (node.knownHostsFile !== undefined) {
    lines.push(`UserKnownHostsFile ${path(node.knownHostsFile, "knownHostsFile")}`);
  }
  return lines;
}

function wayThere(node: SshNode): string[] {
  if (node.proxyCommand !== undefined) return [`ProxyCommand ${node.proxyCommand}`];
  if (node.jump !== undefined) return [`ProxyJump ${alias(node.jump)}`];
  return node.userConfig === true ? [] : ["ProxyCommand none"];
}

function block(node: SshNode, paths: SshConfigPaths): string {
  const lines = [
    ...(node.hostName === undefined
      ? []
      : [`HostName ${value(node.hostName.replaceAll("%", "%%"), "the address")}`]),
    ...(node.port === undefined ? [] : [`Port ${node.port}`]),
    ...(node.user === undefined ? [] : [`User ${value(node.user, "the user name")}`]),
    ...hostKeys(node, paths),
    ...authentication(node, paths.attended === true),
    ...wayThere(node),
    ...(paths.controlPath === undefined
      ? ["ControlMaster no", "ControlPath none"]
      : [
          "ControlMaster auto",
          `ControlPath ${value(paths.controlPath, "the control path")}`,
          "ControlPersist 60",
        ]),
    `KexAlgorithms ${KEY_EXCHANGE}`,
    "GSSAPIAuthentication no",
    "ConnectTimeout 20",
    "ConnectionAttempts 1",
    `ServerAliveInterval ${ALIVE.interval}`,
    `ServerAliveCountMax ${ALIVE.count}`,
    "ForwardAgent no",
    "ForwardX11 no",
    ...(paths.attended === true ? [] : UNATTENDED),
    "LogLevel ERROR",
    // Last: what stands above wins.
    ...(node.userConfig === true ? ["Include ~/.ssh/config"] : []),
  ];
  return [`Host ${alias(node.alias)}`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/**
 * An OpenSSH client configuration for the machines of a way, complete in itself: the user's own configuration counts
 * only for machines with `userConfig`. Host keys are always checked, pinned ones against our own file alone.
 * Format: ssh_config(5).
 *
 * @throws UserError for names that no SSH configuration can hold.
 */
export function sshConfig(nodes: readonly SshNode[], paths: SshConfigPaths): string {
  return nodes.map((node) => `${block(node, paths)}\n`).join("\n");
}

const PUBLIC_KEY = /^([a-z][a-z0-9@.-]*) (AAAA[A-Za-z0-9+/]*={0,3})(?: .*)?$/;

/**
 * The known_hosts file with the pinned keys, one line per key. Format: sshd(8).
 *
 * @throws UserError for a text that is not a public key.
 */
export function pinnedKnownHosts(nodes: readonly SshNode[]): string {
  return nodes
    .flatMap((node) =>
      (node.hostKeys ?? []).map((key) => {
        const [, type, data] = PUBLIC_KEY.exec(key.trim()) ?? [];
        if (type === undefined || data === undefined) {
          throw new UserError({
            what: `not a public host key for ${node.alias}`,
            found: JSON.stringify(key),
            allowed: "as in a .pub file: ssh-ed25519 AAAA...",
          });
        }
        return `${alias(node.alias)} ${type} ${data}\n`;
      }),
    )
    .join("");
}
