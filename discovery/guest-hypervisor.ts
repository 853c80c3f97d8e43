import { OWN_MEMORY_MIB } from "../definitions/builtin/defaults";
import type { HypervisorFacts } from "../definitions/placement/facts";
import type { ResolvedGuest, ResolvedHypervisor } from "../definitions/resolved";
import type { HypervisorSpec } from "../hypervisor/spec";
import { hostWishes } from "./hypervisor-specs";

/** A hypervisor that is a guest of the farm: how it is reached is known once that guest is made. */
export type GuestHypervisor = Omit<HypervisorSpec, "connection"> & {
  readonly connection: { readonly type: "guest"; readonly guest: string };
};

/**
 * What is known of a hypervisor that is a guest, from the guest's definition: it is off more often than not, and nobody
 * starts it to ask. Null for one that is no guest.
 */
export function guestHypervisor(
  { name, uri, connection, facts, ...folders }: ResolvedHypervisor,
  guests: readonly ResolvedGuest[],
): {
  readonly spec: GuestHypervisor;
  readonly knowledge: { readonly facts: HypervisorFacts | undefined };
} | null {
  if (connection.type !== "guest") return null;
  const guest = guests.find((each) => each.name === connection.guest);
  const home = guest?.auth.user === "root" ? "/root" : `/home/${guest?.auth.user ?? ""}`;
  const folder = `${home}/.local/share/guest-farm`;
  return {
    spec: {
      name,
      uri,
      connection,
      diskPoolPath: folders.diskPoolPath ?? `${folder}/guests`,
      imageCachePath: folders.imageCachePath ?? `${folder}/images`,
      ...hostWishes(folders),
    },
    knowledge: { facts: facts ?? (guest && factsOf(guest)) },
  };
}

export function isGuestHypervisor(spec: HypervisorSpec | GuestHypervisor): spec is GuestHypervisor {
  return spec.connection.type === "guest" && !("domain" in spec.connection);
}

/** Whether KVM works in a guest can only be seen there: it is used where the farm file declares it. */
function factsOf({ arch, vcpus, memoryMiB, rootDisk }: ResolvedGuest): HypervisorFacts {
  return {
    arches: { [arch]: { domainTypes: ["qemu"] } },
    cpus: vcpus,
    memoryMiB: Math.max(1, memoryMiB - OWN_MEMORY_MIB),
    ...(rootDisk.sizeGiB === undefined ? {} : { diskGiB: rootDisk.sizeGiB }),
  };
}
