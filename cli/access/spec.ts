import { z } from "zod";
import { HypervisorSpec } from "../../hypervisor/spec";
import { GuestConnectionSpec, LifecycleSpec } from "../lifecycle/spec";

/** How to get into one guest: an output of every `Guest` in the state, which is how tools find it. Holds secrets. */
export const GuestAccessSpec = z.strictObject({
  formatVersion: z.literal(1),
  stack: z.string(),
  /** Name of the guest, unique in its farm. */
  name: z.string(),
  /** Name of its libvirt domain. */
  domain: z.string(),
  hypervisor: HypervisorSpec,
  os: z.enum(["linux", "bsd", "windows"]),
  /** MAC addresses of its cards. */
  macs: z.array(z.string()),
  connection: GuestConnectionSpec,
  become: LifecycleSpec.shape.guest.shape.become,
});
export type GuestAccessSpec = z.infer<typeof GuestAccessSpec>;
