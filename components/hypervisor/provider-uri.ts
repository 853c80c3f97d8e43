import type { HypervisorSpec } from "../../hypervisor/spec";
import { ProgramError } from "../program-error";

/**
 * The libvirt URI for a client on the controller. Format: https://libvirt.org/uri.html, with the parameters that
 * the Go client of the libvirt provider understands (`keyfile`, `knownhosts`).
 *
 * @throws ProgramError for a hypervisor behind jump hosts or in a guest: that client cannot follow there.
 */
export function providerUri(spec: HypervisorSpec): string {
  const { connection, uri } = spec;
  if (connection.type === "local") return uri;
  if (connection.type === "guest") throw unreachable(spec.name, `guest "${connection.guest}"`);
  if (connection.jump !== undefined && connection.jump.length > 0) {
    throw unreachable(spec.name, connection.jump.join(", "));
  }
  const path = uri.slice(uri.indexOf("///") + 3);
  const user = connection.user === undefined ? "" : `${encodeURIComponent(connection.user)}@`;
  const port = connection.port === undefined ? "" : `:${connection.port}`;
  const parameters = new URLSearchParams();
  if (connection.identityFile !== undefined) parameters.set("keyfile", connection.identityFile);
  if (connection.knownHostsFile !== undefined) parameters.set("knownhosts", connection.knownHostsFile);
  const query = parameters.size > 0 ? `?${parameters.toString()}` : "";
  return `qemu+ssh://${user}${connection.host}${port}/${path}${query}`;
}

function unreachable(hypervisor: string, way: string): ProgramError {
  return new ProgramError(
    `hypervisor "${hypervisor}" is reached through ${way}, where the libvirt provider cannot follow: ` +
      "keep data disks and pools on hypervisors that are reached directly",
  );
}
