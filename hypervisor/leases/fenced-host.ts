import { type HypervisorHost, hypervisorHost } from "../host";
import { fencedShell } from "./fenced-shell";

/** A hypervisor on which all runs under a lease. It is closed with the one given. */
export function fencedHost(host: HypervisorHost, fence: string): HypervisorHost {
  const shell = fencedShell(host.shell);
  shell.enter(fence);
  return hypervisorHost(host.spec, shell);
}
