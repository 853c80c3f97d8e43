import * as pulumi from "@pulumi/pulumi";
import type { GuestAccessSpec } from "../../cli/access/spec";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import type { GuestHostSpec, HypervisorSpec } from "../../hypervisor/spec";
import { ProgramError } from "../program-error";
import type { DrivenGuest } from "./driven-guest";
import { becomeOf, connectionOf, type LoginParts } from "./lifecycle-spec";

/** What the way into a guest is made from. */
export interface AccessParts extends LoginParts {
  readonly stack: string;
  readonly guest: PlacedGuest;
  readonly hypervisor: HypervisorSpec;
}

/** What `guest-farm ssh` and its like find in the state. Holds secrets; the caller marks it so. */
export function accessSpec(parts: AccessParts): GuestAccessSpec {
  const { guest, hypervisor } = parts;
  return {
    formatVersion: 1,
    stack: parts.stack,
    name: guest.name,
    domain: guest.domainName,
    hypervisor,
    os: guest.os,
    macs: guest.nics.map(({ mac }) => mac),
    connection: connectionOf(parts),
    ...becomeOf(parts),
  };
}

/** The way to a hypervisor that a guest is; secret. It is there once the guest is. */
export function hostConnection({ access, domain, definition }: DrivenGuest): pulumi.Output<GuestHostSpec> {
  const { readiness, shutdown } = definition.settings;
  const power = { readiness: readiness.timeout, tries: shutdown.tries, delay: shutdown.delay };
  return pulumi.secret(pulumi.all([access, domain.id]).apply(([known]) => ({ ...hostSpec(known), power })));
}

/** @throws ProgramError for a guest that is not reached over SSH at a fixed address. */
function hostSpec({ name, domain, hypervisor, connection }: GuestAccessSpec): GuestHostSpec {
  if (connection.type !== "ssh") {
    throw new ProgramError(
      `guest "${name}" is a hypervisor: it has to be reached over SSH, not by its agent`,
    );
  }
  const { address, port, user, hostKeys, privateKey, password, via } = connection;
  if (address === undefined) {
    throw new ProgramError(
      `others are reached over guest "${name}": give it a forward to port 22, or a network card with a fixed address`,
    );
  }
  return {
    type: "guest",
    guest: name,
    domain,
    hypervisor,
    address,
    port,
    user,
    hostKeys,
    ...(via === undefined ? {} : { via }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(password === undefined ? {} : { password }),
  };
}
