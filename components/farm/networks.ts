import * as pulumi from "@pulumi/pulumi";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import type { ResolvedNetwork } from "../../definitions/resolved";
import { MARK_VERSION } from "../../hypervisor/owner";
import type { NetworkArgs } from "../../providers/network";
import { withoutPrefix } from "../guest/address";
import type { Hypervisor } from "../hypervisor";
import { defaultIdentity } from "../identity";

/** Inputs of one network on one hypervisor, with an address reserved for each of its guests that has one there. */
export function networkArgs(
  network: ResolvedNetwork,
  hypervisor: Hypervisor,
  guests: readonly PlacedGuest[],
): NetworkArgs {
  const reservations = guests.flatMap((guest) =>
    guest.nics.flatMap((nic) =>
      nic.kind === "network" && nic.network === network.name && nic.address !== undefined
        ? [{ mac: nic.mac, address: withoutPrefix(nic.address), name: guest.hostname }]
        : [],
    ),
  );
  return {
    hypervisor: hypervisor.spec,
    owner: defaultIdentity().farmId.apply((farm) => ({
      farm,
      stack: pulumi.getStack(),
      guest: `network ${network.name}`,
      version: MARK_VERSION,
    })),
    name: network.name,
    mode: network.mode,
    cidr: network.cidr,
    bridge: network.bridge,
    domain: network.domain,
    autostart: network.autostart,
    reservations,
    ...(network.template === undefined ? {} : { template: network.template }),
  };
}
