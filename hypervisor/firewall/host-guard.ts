import { fileSlug } from "../guest-files";
import type { HypervisorHost } from "../host";
import type { NicSpec } from "../domain/spec";
import { check, type Check } from "../doctor/check";
import { GUARD_EXIT, GUARD_SCRIPT } from "./guard-script";

type Host = Pick<HypervisorHost, "shell" | "spec">;

/** Longer than the script waits for others that change the packet filter. Milliseconds. */
const TIMEOUT_MS = 60_000;

/** Under a user's own libvirt QEMU runs as that user: what it may reach is what the user may. */
export function hasHostGuard({ uri }: Pick<HypervisorHost["spec"], "uri">): boolean {
  return !new URL(uri).pathname.endsWith("/session");
}

/**
 * Closes the hypervisor's own addresses to a guest before it starts: with user networking it would reach every service
 * there, also those that listen on loopback only. Ports in `hostAccess` stay open, and UDP between members of a VXVDE
 * network. Nothing is done in a session.
 *
 * @param nics of the guest; `as known`: those that it had the last time
 * @returns why the host is open to the guest, or null when it is closed.
 */
export async function closeHostTo(
  host: Host,
  domain: string,
  nics: readonly NicSpec[] | "as known",
): Promise<string | null> {
  if (!hasHostGuard(host.spec)) return null;
  const action = nics === "as known" ? "keep" : "close";
  const vxvde =
    nics !== "as known" && nics.some((nic) => nic.kind === "vde" && nic.socket.startsWith("vxvde:"));
  const why = await run(host, action, domain, vxvde ? ["vxvde"] : []);
  if (why === null) return null;
  return `guests can reach services on the own addresses of hypervisor "${host.spec.name}": ${why}`;
}

/** Takes a guest that is gone off the list of those that the packet filter is there for; the last one ends it. */
export async function forgetInHostGuard(host: Host, domain: string): Promise<void> {
  if (hasHostGuard(host.spec)) await run(host, "open", domain);
}

/** Whether guests with user networking can be kept from the hypervisor's own addresses. Changes nothing. */
export async function checkHostGuard(host: Host): Promise<Check> {
  const why = hasHostGuard(host.spec)
    ? await run(host, "look", "")
    : "a session has no packet filter; guests reach what its user reaches";
  return check("host closed to guests", why ?? "can be closed", "can be closed", {
    passed: why === null,
    otherwise: "warning",
    remedy:
      "run guests of strangers under qemu:///system, with root on the hypervisor, iptables or nft, and a user of its own for QEMU",
  });
}

async function run(
  { shell, spec: { hostAccess = [] } }: Host,
  action: "close" | "keep" | "open" | "look",
  domain: string,
  more: readonly string[] = [],
): Promise<string | null> {
  const ports = [...hostAccess.map(String), ...more];
  const argv = ["sh", "-c", GUARD_SCRIPT, "guest-farm-guard", action, fileSlug(domain), domain, ...ports];
  const { exitCode, stdout, stderr } = await shell.run({ argv, timeoutMs: TIMEOUT_MS });
  switch (exitCode) {
    case 0:
      return null;
    case GUARD_EXIT.noRights:
      return "only root can close them, and guest-farm is not root there";
    case GUARD_EXIT.noTool:
      return "there is neither iptables nor nft to close them";
    case GUARD_EXIT.unfitUser:
      return `QEMU runs as ${stdout.trim() || "a user that was not found"}, whose other programs would be hit`;
    default:
      return `the packet filter could not be changed: ${stderr.trim() || `exit code ${exitCode}`}`;
  }
}
