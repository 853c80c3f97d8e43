import { UserError } from "../definitions/user-error";
import type { GuestConnectionSpec } from "../cli/lifecycle/spec";
import type { HypervisorSpec } from "../hypervisor/spec";
import { AgentGuest } from "./agent/guest";
import type { Escalation, GuestConnection } from "./guest-connection";
import type { Shell } from "./shell";
import { FoundGuest } from "./ssh/found-guest";
import { SshGuest } from "./ssh/guest";

/** Where a guest lives and what it is. */
export interface GuestContext {
  readonly hypervisor: HypervisorSpec;
  /** A shell on the hypervisor's host; stays the caller's to close. */
  readonly shell: Shell;
  /** Name of the libvirt domain. */
  readonly domain: string;
  readonly os: "linux" | "bsd" | "windows";
  /** Architecture of the domain, by libvirt's name; for guests that are restored. */
  readonly arch?: string;
  /** How the login user becomes root. */
  readonly become?: Escalation;
  /** Addresses that the guest may have now, most likely first: for one without a fixed address. */
  readonly locate?: () => Promise<readonly string[]>;
  /** Told when a server let go of a login, which is tried again. */
  readonly onRetry?: (text: string) => void;
}

/**
 * The way into a guest. Nothing is contacted before the first use.
 *
 * @throws UserError where the guest cannot be reached that way.
 */
export function openGuestConnection(spec: GuestConnectionSpec, context: GuestContext): GuestConnection {
  const { hypervisor, shell, domain, os, arch, become, locate, onRetry } = context;
  if (spec.type === "agent") {
    if (os === "windows") {
      throw new UserError({
        what: `the Windows guest "${domain}" cannot be driven by its guest agent`,
        found: "connection: agent",
        allowed: "connection: ssh",
      });
    }
    return new AgentGuest(
      { shell, uri: hypervisor.uri, domain },
      { os, ...(arch !== undefined && { arch }) },
    );
  }
  const way = {
    port: spec.port,
    user: spec.user,
    hostKeys: spec.hostKeys,
    os,
    ...(arch !== undefined && { arch }),
    via: spec.via ?? [hypervisor.connection],
    ...(spec.privateKey !== undefined && { privateKey: spec.privateKey }),
    ...(spec.password !== undefined && { password: spec.password }),
    ...(become && { become }),
    ...(onRetry && { onRetry }),
  };
  if (spec.address !== undefined) return new SshGuest({ ...way, address: spec.address });
  if (locate !== undefined) return new FoundGuest(way, domain, locate);
  throw new UserError({
    what: `nobody can say where guest "${domain}" is`,
    remedy: "give it a fixed address, a forwarded port, or connection: agent",
  });
}
