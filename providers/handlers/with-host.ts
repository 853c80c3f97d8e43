import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import type { HypervisorSpec } from "../../hypervisor/spec";

/** Works with a hypervisor and closes the connection to it afterwards. */
export async function withHost<T>(
  spec: HypervisorSpec,
  work: (host: HypervisorHost) => Promise<T>,
): Promise<T> {
  const host = openHypervisor(spec);
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}
