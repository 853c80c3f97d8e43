import { execFileSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { startLoopbackSshd, type LoopbackSshd } from "../../support/loopback-sshd";
import { throwAwayUser } from "../../support/throw-away-user";

/** A hypervisor that is not this user's: the session libvirt of another user, reached by ssh. */
export interface FarHypervisor {
  /** As a farm file has it, with the host key pinned. */
  readonly definition: Record<string, unknown>;
  /** The same with another host key. */
  readonly withOtherKey: Record<string, unknown>;
  /** Names of the domains there, running or not. */
  domains(): string[];
  remove(): Promise<void>;
}

/** Makes a user of this machine, without password, and an SSH server that lets the test in as that user. */
export async function farHypervisor(): Promise<FarHypervisor> {
  const user = throwAwayUser();
  // Without a password a user is locked, and the server lets nobody in.
  execFileSync("usermod", ["--password", "*", user.name]);
  const sshd = await startLoopbackSshd(["AllowUsers " + user.name]);
  readableByOthers(sshd);
  const { port, identityFile } = sshd;
  const withKey = (hostKey: string) => ({
    uri: "qemu:///session",
    connection: { type: "ssh", host: "127.0.0.1", port, user: user.name, identityFile, hostKey },
  });
  return {
    definition: withKey(sshd.hostKey),
    withOtherKey: withKey(sshd.otherKey),
    domains: () =>
      user.run("virsh", "-c", "qemu:///session", "list", "--all", "--name").split("\n").filter(Boolean),
    remove: async () => {
      await sshd.stop();
      user.remove();
    },
  };
}

/** The server reads a user's authorized keys as that user. */
function readableByOthers({ folder }: LoopbackSshd): void {
  chmodSync(folder, 0o711);
  chmodSync(join(folder, "authorized_keys"), 0o644);
}
