import type { GuestConnection } from "../../connections/guest-connection";
import { openGuestConnection } from "../../connections/open-guest";
import { guestAddresses } from "../../hypervisor/guest-addresses";
import type { HypervisorHost } from "../../hypervisor/host";
import type { GuestAccessSpec } from "./spec";

/** How long a running guest without a fixed address is looked for, in milliseconds. */
const SEARCH_MS = 30_000;

/** A connection to a running guest, found where it is. @throws ReadinessError when it is nowhere. */
export async function openAccess(access: GuestAccessSpec, host: HypervisorHost): Promise<GuestConnection> {
  const { hypervisor, domain, os, connection, macs } = access;
  const locate = () => guestAddresses(host, domain, macs);
  const guest = openGuestConnection(connection, { hypervisor, shell: host.shell, domain, os, locate });
  if (connection.type === "ssh" && connection.address === undefined) {
    await guest.waitUntilReady({ mode: "port", timeoutMs: SEARCH_MS });
  }
  return guest;
}
