import type * as pulumi from "@pulumi/pulumi";
import type { MachineInputs } from "../phases";
import type { DrivenGuest } from "./guest/driven-guest";

/** The machine of a guest, as far as the content of its snapshots depends on it; secret, because of the seed. */
export function machineInputs(guest: DrivenGuest): pulumi.Output<MachineInputs> {
  return guest.spec.apply(({ baseImage, arch, machine, firmware, seed }) => ({
    baseImage: baseImage.digest,
    arch,
    machine,
    firmware,
    ...(seed === undefined ? {} : { seed }),
  }));
}
