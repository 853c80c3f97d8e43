import type * as pulumi from "@pulumi/pulumi";
import { type MachineInputs, machineOf } from "../phases";
import type { DrivenGuest } from "./guest/driven-guest";

/** The machine of a guest, as far as the content of its snapshots depends on it; secret, because of the seed. */
export function machineInputs(guest: DrivenGuest): pulumi.Output<MachineInputs> {
  return guest.spec.apply(machineOf);
}
