import type * as pulumi from "@pulumi/pulumi";
import type { MachineInputs } from "../phases";
import type { Guest } from "./guest";

/** The machine of a guest, as far as the content of its snapshots depends on it; secret, because of the seed. */
export function machineInputs(guest: Guest): pulumi.Output<MachineInputs> {
  return guest.spec.apply(({ baseImage, arch, machine, firmware, seed }) => ({
    baseImage: baseImage.digest,
    arch,
    machine,
    firmware,
    ...(seed === undefined ? {} : { seed }),
  }));
}
