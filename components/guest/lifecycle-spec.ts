import type { GuestConnectionSpec, LifecycleSettings, LifecycleSpec } from "../../cli/lifecycle/spec";
import type { GuestSettings } from "../../definitions/resolved";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import type { HostConnectionSpec } from "../../hypervisor/spec";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { guestProperties } from "../project/load-phases";
import { ProgramError } from "../program-error";
import { withoutPrefix } from "./address";

/** What a login needs beside the definition. */
export interface LoginParts {
  /** Private key that the guest's login accepts; undefined: a password is used. */
  readonly privateKey: string | undefined;
  readonly password: string | undefined;
  readonly becomePassword: string | undefined;
  /** Public host keys that the guest may show. */
  readonly hostKeys: readonly string[];
  /** Hosts to pass; undefined: the way to the hypervisor's host. Secret. */
  readonly via?: readonly HostConnectionSpec[] | undefined;
}

/** What the lifecycle of one guest is made from. Private material is secret; the caller marks the result so. */
export interface LifecycleParts extends LoginParts {
  readonly stack: string;
  readonly guest: PlacedGuest;
  readonly domain: DomainSpec;
  readonly settings: GuestSettings;
  readonly clean: LifecycleSpec["clean"];
  readonly project: LifecycleSpec["project"];
}

/** What only the one run is to know: it is no reason for another. */
export type RunOnly = "runNonce" | "refused" | "limits";

/** The specification that goes to the lifecycle's standard input, but for what names this very run. */
export function lifecycleSpec(parts: LifecycleParts): Omit<LifecycleSpec, "inputsDigest" | RunOnly> {
  const { guest } = parts;
  return {
    formatVersion: 1,
    stack: parts.stack,
    guest: {
      name: guest.name,
      platform: guest.platform,
      target: guest.target,
      shell: guest.shell,
      os: guest.os,
      connection: connectionOf(parts),
      ...becomeOf(parts),
      properties: guestProperties(guest),
    },
    domain: parts.domain,
    settings: settingsOf(parts.settings),
    clean: parts.clean,
    project: parts.project,
    ...(guest.isHypervisor === true ? { isHypervisor: true } : {}),
  };
}

/** How phases, and people, get in. @throws as `sshEndpoint`. */
export function connectionOf(parts: LoginParts & { readonly guest: PlacedGuest }): GuestConnectionSpec {
  const { guest } = parts;
  if (guest.connection === "agent") return { type: "agent" };
  return {
    type: "ssh",
    ...sshEndpoint(guest),
    user: guest.auth.user,
    ...(parts.privateKey === undefined ? {} : { privateKey: parts.privateKey }),
    ...(parts.password === undefined ? {} : { password: parts.password }),
    hostKeys: [...parts.hostKeys],
    ...(parts.via === undefined ? {} : { via: [...parts.via] }),
  };
}

/** How the login user becomes another one. */
export function becomeOf(
  parts: Pick<LoginParts, "becomePassword"> & { readonly guest: PlacedGuest },
): Pick<LifecycleSpec["guest"], "become"> {
  const { become } = parts.guest.auth;
  if (become === undefined) return {};
  const password = parts.becomePassword === undefined ? {} : { password: parts.becomePassword };
  return { become: { user: become.user, method: become.method, ...password } };
}

function settingsOf(settings: GuestSettings): LifecycleSettings {
  return { ...settings, allowedPhases: [...settings.allowedPhases] };
}

/**
 * Where the guest's sshd is, as seen from the last host on the way: what the farm file says, the forwarded port of
 * user networking, else port 22 of the first fixed address. Without an address it is found when the guest runs.
 * @throws ProgramError for a guest that nobody can find.
 */
export function sshEndpoint(guest: PlacedGuest): { address?: string; port: number } {
  const { way, nics } = guest;
  if (way?.address !== undefined) return { address: way.address, port: way.port ?? 22 };
  for (const nic of nics) {
    const forward =
      nic.kind === "user" ? nic.forwards.find((one) => one.guestPort === (way?.port ?? 22)) : undefined;
    if (forward !== undefined) return { address: forward.hostAddress, port: forward.hostPort };
    if (nic.kind !== "user" && nic.address !== undefined)
      return { address: withoutPrefix(nic.address), port: way?.port ?? 22 };
  }
  if (nics.some(({ kind }) => kind !== "user")) return { port: way?.port ?? 22 };
  throw new ProgramError(
    `guest "${guest.name}" has neither a forward to port 22 nor a card that the hypervisor could find it by: ` +
      "forward a port, or use `connection: agent`",
  );
}
