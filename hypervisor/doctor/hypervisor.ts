import { checkHostGuard } from "../firewall/host-guard";
import type { HypervisorHost } from "../host";
import type { Check } from "./check";
import { checkLeftGuests, checkLogout } from "./leases";
import { checkKvm, checkLibvirt } from "./libvirt";
import { checkNetworkDelays } from "./networks";
import { checkPaths } from "./paths";
import { checkTools } from "./tools";

/** Everything that a hypervisor needs. What cannot be looked at is an error among the checks, never thrown. */
export async function checkHypervisor(host: HypervisorHost): Promise<readonly Check[]> {
  const groups: readonly [string, () => Promise<Check | readonly Check[]>][] = [
    ["tools", () => checkTools(host)],
    ["libvirt", () => checkLibvirt(host)],
    ["KVM", () => checkKvm(host)],
    ["folders", () => checkPaths(host)],
    ["networks", () => checkNetworkDelays(host)],
    ["guests left on", () => checkLeftGuests(host)],
    ["logins", () => checkLogout(host)],
    ["packet filter", () => checkHostGuard(host)],
  ];
  const results = await Promise.all(
    groups.map(async ([what, look]): Promise<Check | readonly Check[]> => {
      try {
        return await look();
      } catch (error) {
        const found = error instanceof Error ? error.message : String(error);
        const remedy = `make it possible to run programs there (${host.shell.description})`;
        return { what, found, wanted: "an answer", remedy, severity: "error" };
      }
    }),
  );
  return results.flat();
}
