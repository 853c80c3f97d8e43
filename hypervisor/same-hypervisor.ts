import type { HypervisorSpec } from "./spec";

/** Whether two specifications mean the same machine, however it is reached. */
export function sameHost(before: HypervisorSpec, after: HypervisorSpec): boolean {
  return before.name === after.name && hostOf(before) === hostOf(after);
}

/** Whether two specifications mean the same libvirt, however it is reached. */
export function sameHypervisor(before: HypervisorSpec, after: HypervisorSpec): boolean {
  return sameHost(before, after) && before.uri === after.uri;
}

/** Where a libvirt is, whatever a farm file calls it. */
export function placeOf(spec: HypervisorSpec): string {
  return JSON.stringify([hostOf(spec), spec.uri]);
}

function hostOf({ connection }: HypervisorSpec): string | null {
  if (connection.type === "local") return null;
  if (connection.type === "ssh") return connection.host;
  return `guest ${connection.domain} ${connection.incarnation ?? ""}`;
}
