import { writeFile } from "node:fs/promises";
import { startKeyAgent, type KeyAgent } from "./agent";
import { startAskpass, type Askpass } from "./askpass";
import { pinnedKnownHosts, sshConfig } from "./config";
import type { SshNode } from "./node";
import { PrivateFolder } from "./private-folder";

/** Secrets for the last machine of a way. */
export interface LoginSecrets {
  /** OpenSSH private key. */
  readonly privateKey?: string;
  readonly password?: string;
}

/** What ssh needs beside the network: a private folder, its configuration, and helpers that know the secrets. */
export class Equipment {
  private constructor(
    readonly folder: PrivateFolder,
    private readonly agent: KeyAgent | undefined,
    private readonly askpass: Askpass | undefined,
  ) {}

  /** @throws UserError when the private key cannot be used. */
  static async prepare(alias: string, { privateKey, password }: LoginSecrets): Promise<Equipment> {
    const folder = new PrivateFolder();
    try {
      const agent = privateKey === undefined ? undefined : await startKeyAgent(folder, [privateKey]);
      const askpass =
        password === undefined ? undefined : await startAskpass(folder, new Map([[alias, password]]));
      return new Equipment(folder, agent, askpass);
    } catch (error) {
      await folder.remove();
      throw error;
    }
  }

  get configFile(): string {
    return this.folder.file("config");
  }

  /** Environment for an ssh that logs in: paths only. */
  get environment(): Readonly<Record<string, string>> {
    return this.askpass?.environment ?? {};
  }

  /** Writes the configuration for a way; the last of `nodes` is the machine that the secrets are for. */
  async configure(nodes: readonly SshNode[]): Promise<void> {
    const last = nodes.length - 1;
    const equipped = nodes.map((node, index) => (index === last ? this.withSecrets(node) : node));
    const pinned = this.folder.file("known_hosts");
    await writeFile(pinned, pinnedKnownHosts(equipped), { mode: 0o600 });
    await writeFile(this.configFile, sshConfig(equipped, { pinnedKnownHosts: pinned }), { mode: 0o600 });
  }

  async close(): Promise<void> {
    await this.agent?.close();
    await this.askpass?.close();
    await this.folder.remove();
  }

  private withSecrets(node: SshNode): SshNode {
    return {
      ...node,
      ...(this.agent && { identityAgent: this.agent.socket }),
      ...(this.askpass && { password: true }),
    };
  }
}
