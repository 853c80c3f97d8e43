import { LinkLostError } from "../../connections/shell";
import { HostGoneError } from "../../hypervisor/awake/host-gone";
import { hostState } from "../../hypervisor/awake/host-state";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import type { HypervisorSpec } from "../../hypervisor/spec";
import { awaken } from "./awake-hosts";

/** Works with a hypervisor and closes the connection to it afterwards. One that is a guest and off is started first. */
export async function withHost<T>(
  spec: HypervisorSpec,
  work: (host: HypervisorHost) => Promise<T>,
): Promise<T> {
  await awaken(spec);
  return whileOpen(spec, work);
}

/**
 * Looks at something on a hypervisor, and starts nothing for it.
 *
 * @returns `unseen` when the hypervisor is a guest that is off, or goes off meanwhile; null when that guest is gone, and
 * with it all that was made there.
 */
export async function lookOnHost<T>(
  spec: HypervisorSpec,
  unseen: T,
  look: (host: HypervisorHost) => Promise<T>,
): Promise<T | null> {
  const state = await hostState(spec);
  if (state === "gone") return null;
  if (state === "off") return unseen;
  try {
    return await whileOpen(spec, look);
  } catch (error) {
    if (spec.connection.type === "guest" && error instanceof LinkLostError) return unseen;
    throw error;
  }
}

/** Removes something from a hypervisor; from one that was a guest and is gone, there is nothing to remove. */
export async function removeFromHost(
  spec: HypervisorSpec,
  remove: (host: HypervisorHost) => Promise<void>,
): Promise<void> {
  try {
    await withHost(spec, remove);
  } catch (error) {
    if (!(error instanceof HostGoneError)) throw error;
  }
}

async function whileOpen<T>(spec: HypervisorSpec, work: (host: HypervisorHost) => Promise<T>): Promise<T> {
  const host = openHypervisor(spec);
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}
