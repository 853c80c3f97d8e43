import { UserError } from "../definitions/user-error";
import type { GuestConnectionSpec } from "../cli/lifecycle/spec";
import type { HypervisorSpec } from "../hypervisor/spec";
import { AgentGuest } from "./agent/guest";
import type { Escalation, GuestConnection } from "./guest-connection";
import type { Shell } from "./shell";
import { SshGuest } from "./ssh/guest";

/** Where a guest lives and what it is. */
export interface GuestContext {
  readonly hypervisor: HypervisorSpec;
  /** A shell on the hypervisor's host; stays the caller's to close. */
  readonly shell: Shell;
  /** Name of the libvirt domain. */
  readonly domain: string;
  readonly os: "linux" | "bsd" | "windows";
  /** How the login user becomes root. */
  readonly become?: Escalation;
  /** Hosts to pass before the hypervisor's, from the controller on. Default: none. */
  readonly via?: readonly HypervisorSpec["connection"][];
}

/**
 * The way into a guest. Nothing is contacted before the first use.
 *
 * @throws UserError where the guest cannot be reached that way.
 */
export function openGuestConnection(spec: GuestConnectionSpec, context: GuestContext): GuestConnection {
  const { hypervisor, shell, domain, os, become, via = [] } = context;
  if (spec.type === "agent") {
    if (os === "windows") {
      throw new UserError({
        what: `the Windows guest "${domain}" cannot be driven by its guest agent`,
        found: "connection: agent",
        allowed: "connection: ssh",
      });
    }
    return new AgentGuest({ shell, uri: hypervisor.uri, domain }, os);
  }
  return new SshGuest({
    address: spec.address,
    port: spec.port,
    user: spec.user,
    hostKeys: spec.hostKeys,
    os,
    via: [...via, hypervisor.connection],
    ...(spec.privateKey !== undefined && { privateKey: spec.privateKey }),
    ...(spec.password !== undefined && { password: spec.password }),
    ...(become && { become }),
  });
}
