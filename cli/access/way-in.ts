import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { type KeyAgent, startKeyAgent } from "../../connections/ssh/agent";
import { type Askpass, startAskpass } from "../../connections/ssh/askpass";
import { pinnedKnownHosts, sshConfig } from "../../connections/ssh/config";
import type { LoginSecrets } from "../../connections/ssh/equipment";
import { hopsOf } from "../../connections/ssh/host-sessions";
import type { SshNode } from "../../connections/ssh/node";
import { PrivateFolder } from "../../connections/ssh/private-folder";
import { type FarmWay, viaOf } from "./farm-nodes";
import type { GuestAccessSpec } from "./spec";

/** What machines on a way want to be shown, by `keyOf` their pinned host keys. */
export type WaySecrets = ReadonlyMap<string, LoginSecrets>;

/** Everything that an ssh of a person needs for one way; it is gone when it is closed, or this process has ended. */
export class WayIn {
  private constructor(
    private readonly folder: PrivateFolder,
    private readonly agent: KeyAgent | undefined,
    private readonly askpass: Askpass | undefined,
    private readonly alias: string,
  ) {}

  static async open({ alias, nodes }: FarmWay, secrets: WaySecrets): Promise<WayIn> {
    const folder = new PrivateFolder();
    try {
      const shown = (node: SshNode): LoginSecrets => secrets.get(keyOf(node.hostKeys ?? [])) ?? {};
      const keys = new Set(nodes.flatMap((node) => shown(node).privateKey ?? []));
      const agent = keys.size === 0 ? undefined : await startKeyAgent(folder, [...keys]);
      const passwords = nodes.flatMap((node) => {
        const { password } = shown(node);
        return password === undefined ? [] : [[node.alias, password] as const];
      });
      const askpass = passwords.length === 0 ? undefined : await startAskpass(folder, new Map(passwords));
      const equipped = nodes.map((node): SshNode => {
        const { privateKey, password } = shown(node);
        return {
          ...node,
          ...(agent !== undefined && privateKey !== undefined && { identityAgent: agent.socket }),
          ...(password !== undefined && { password: true }),
        };
      });
      const pinned = folder.file("known_hosts");
      await writeFile(pinned, pinnedKnownHosts(equipped), { mode: 0o600 });
      const config = sshConfig(equipped, { pinnedKnownHosts: pinned, attended: true });
      await writeFile(folder.file("config"), config, { mode: 0o600 });
      return new WayIn(folder, agent, askpass, alias);
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  /** Runs ssh at the person's terminal. @param command as for ssh: joined by spaces, for the login shell */
  ssh(command: readonly string[], options: readonly string[] = []): Promise<number> {
    return atTerminal(
      ["ssh", "-F", this.folder.file("config"), ...options, "--", this.alias, ...command],
      this.askpass?.environment,
    );
  }

  async close(): Promise<void> {
    await this.agent?.close();
    await this.askpass?.close();
    await this.folder.remove();
  }
}

/** What the machines on the way to a guest, itself included, want to be shown. */
export function secretsOf(access: GuestAccessSpec): WaySecrets {
  const { connection, hypervisor } = access;
  const logins = [...hopsOf(hypervisor.connection), ...viaOf(access), connection];
  return new Map(
    logins.flatMap((login) =>
      "hostKeys" in login ? [[keyOf(login.hostKeys), secretsIn(login)] as const] : [],
    ),
  );
}

function secretsIn({
  privateKey,
  password,
}: {
  privateKey?: string | undefined;
  password?: string | undefined;
}) {
  return { ...(privateKey !== undefined && { privateKey }), ...(password !== undefined && { password }) };
}

/** Names of machines may be the same, their keys are not. */
function keyOf(hostKeys: readonly string[]): string {
  return hostKeys.join("\n");
}

/** Runs a program at the person's terminal. @returns its exit code; 128 + number for a signal. */
export function atTerminal(
  [program = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  // The terminal sends Ctrl-C to both: the program decides what it means.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...environment } });
  return new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  }).finally(() => process.off("SIGINT", ignore));
}
