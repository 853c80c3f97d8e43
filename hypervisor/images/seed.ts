import { quoteForShell, shellCommand } from "../../connections/quote";
import { seedYaml } from "./seed-yaml";

/** What a guest is told at its first boot. */
export interface SeedContent {
  readonly hostname: string;
  /** Another one makes cloud-init take the guest for a new machine. */
  readonly instanceId: string;
  readonly users: readonly SeedAccount[];
  /** The SSH host key that connections pin. */
  readonly hostKey: { readonly privateKey: string; readonly publicKey: string };
  readonly cards: readonly SeedCard[];
  readonly packages: readonly string[];
  readonly files: readonly {
    readonly path: string;
    readonly content: string;
    readonly mode?: string | undefined;
    readonly owner?: string | undefined;
  }[];
  /** Commands for a shell, as root, in order. */
  readonly commands: readonly string[];
  readonly growpart: boolean;
  readonly timezone: string | undefined;
  /** cloud-init network configuration, version 2, instead of one made from the cards. */
  readonly network: Readonly<Record<string, unknown>> | undefined;
  /** The user's own user data instead of ours. */
  readonly userData: string | undefined;
}

export interface SeedAccount {
  readonly name: string;
  readonly keys: readonly string[];
  /** As `crypt(3)` has it; undefined: no password lets in. */
  readonly passwordHash: string | undefined;
  readonly sudo: boolean;
  readonly shell: string | undefined;
  readonly groups: readonly string[];
}

/** One network card; without an address it asks by DHCP. */
export interface SeedCard {
  readonly mac: string;
  /** With prefix length, as `10.0.0.21/24`. */
  readonly address: string | undefined;
}

/**
 * The files of a first-boot seed: those of cloud-init's NoCloud source (format: cloud-init documentation, "NoCloud"
 * and "Networking config Version 2"), and the same in plain text under `guest-farm/` for guests without cloud-init.
 */
export function seedFiles(content: SeedContent): Record<string, string> {
  const root = content.users.find(({ name }) => name === "root");
  return {
    "meta-data": seedYaml({ "instance-id": content.instanceId, "local-hostname": content.hostname }),
    "user-data": content.userData ?? `#cloud-config\n${seedYaml(cloudConfig(content))}`,
    ...(content.userData === undefined ? {} : { "vendor-data": SAME_MACHINE_HOOK }),
    "network-config":
      content.network === undefined
        ? seedYaml(networkConfig(content.cards))
        : seedYaml(content.network, "truth"),
    "guest-farm/hostname": `${content.hostname}\n`,
    "guest-farm/ssh_host_ed25519_key": content.hostKey.privateKey,
    "guest-farm/authorized_keys": lines(root?.keys ?? []),
    "guest-farm/users": lines(content.users.map(plainAccount)),
    "guest-farm/network": lines(
      content.cards.flatMap(({ mac, address }) => (address === undefined ? [] : [`${mac} ${address}`])),
    ),
    ...(content.commands.length + content.files.length === 0
      ? {}
      : { "guest-farm/first-boot.sh": lines([...content.files.flatMap(plainFile), ...content.commands]) }),
  };
}

/**
 * The seed is taken out after the first boot. cloud-init would take the guest for a new machine then, and give it other
 * SSH host keys: it is told to trust what it knows from the first boot.
 */
const SAME_MACHINE = {
  path: "/etc/cloud/cloud.cfg.d/99-guest-farm-same-machine.cfg",
  content: "manual_cache_clean: true\n",
};

/**
 * The same for a user's own user data, whatever kind it is of: a boot hook that is vendor data is run beside it. A
 * script would need a module that images leave out, and keys of a configuration would only count as far as the user's
 * does not have them.
 */
const SAME_MACHINE_HOOK = lines(["#cloud-boothook", "#!/bin/sh", ...plainFile(SAME_MACHINE)]);

function cloudConfig(content: SeedContent): Record<string, unknown> {
  const { users } = content;
  const root = users.find(({ name }) => name === "root");
  return {
    hostname: content.hostname,
    users: users.map(cloudAccount),
    disable_root: root === undefined,
    ssh_pwauth: users.some(({ passwordHash }) => passwordHash !== undefined),
    ssh_keys: { ed25519_private: content.hostKey.privateKey, ed25519_public: content.hostKey.publicKey },
    growpart: { mode: content.growpart ? "auto" : "off" },
    resize_rootfs: content.growpart,
    ...(content.timezone === undefined ? {} : { timezone: content.timezone }),
    ...(content.packages.length === 0 ? {} : { package_update: true, packages: content.packages }),
    write_files: [SAME_MACHINE, ...content.files.map(cloudFile)],
    ...(content.commands.length === 0 ? {} : { runcmd: content.commands }),
  };
}

function cloudAccount({
  name,
  keys,
  passwordHash,
  sudo,
  shell,
  groups,
}: SeedAccount): Record<string, unknown> {
  return {
    name,
    ...(keys.length === 0 ? {} : { ssh_authorized_keys: keys }),
    ...(passwordHash === undefined ? {} : { hashed_passwd: passwordHash }),
    lock_passwd: passwordHash === undefined,
    ...(sudo ? { sudo: "ALL=(ALL) NOPASSWD:ALL" } : {}),
    ...(shell === undefined ? {} : { shell }),
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function cloudFile({ path, content, mode, owner }: SeedContent["files"][number]): Record<string, unknown> {
  const permissions = mode === undefined ? {} : { permissions: mode };
  return { path, content, ...permissions, ...(owner === undefined ? {} : { owner }) };
}

/** Cards are told apart by their addresses, because their names differ between systems and machines. */
function networkConfig(cards: readonly SeedCard[]): Record<string, unknown> {
  const ethernets = cards.map(({ mac, address }, index) => [
    `card${index}`,
    {
      match: { macaddress: mac },
      ...(address === undefined ? { dhcp4: true, "dhcp-identifier": "mac" } : { addresses: [address] }),
    },
  ]);
  return { version: 2, ethernets: Object.fromEntries(ethernets) as unknown };
}

/** `name:password hash:shell:key[,key...]` */
function plainAccount({ name, passwordHash = "", shell = "", keys }: SeedAccount): string {
  return [name, passwordHash, shell, keys.join(",")].join(":");
}

/** Commands that write a file, whatever its name and content. */
function plainFile({ path, content, mode, owner }: SeedContent["files"][number]): string[] {
  const name = quoteForShell(path);
  return [
    `mkdir -p "$(dirname ${name})"`,
    `echo ${Buffer.from(content).toString("base64")} | base64 -d > ${name}`,
    ...(mode === undefined ? [] : [shellCommand(["chmod", mode, path])]),
    ...(owner === undefined ? [] : [shellCommand(["chown", owner, path])]),
  ];
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
