import { openHypervisor } from "../host";
import { guestPower } from "../power";
import type { HypervisorSpec } from "../spec";

/**
 * How a hypervisor is found, without starting anything: `up` for one that is no guest, whether it answers or not. One
 * whose own hypervisor is off counts as off.
 */
export async function hostState({ connection }: HypervisorSpec): Promise<"up" | "off" | "gone"> {
  if (connection.type !== "guest") return "up";
  const below = await hostState(connection.hypervisor);
  if (below !== "up") return below;
  const host = openHypervisor(connection.hypervisor);
  try {
    const state = await guestPower(host, connection.domain).state();
    return state === "missing" ? "gone" : state === "on" ? "up" : "off";
  } finally {
    await host.close();
  }
}
