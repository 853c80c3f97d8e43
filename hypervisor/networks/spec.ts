import { z } from "zod";
import { OwnerMark } from "../owner";
import { HypervisorSpec } from "../spec";

/** A reserved address: the guest with this card always gets it, by DHCP. */
export const ReservationSpec = z.strictObject({
  mac: z.string(),
  address: z.ipv4(),
  /** Host name that the network's DNS knows the guest by. */
  name: z.string().optional(),
});
export type ReservationSpec = z.infer<typeof ReservationSpec>;

/** A libvirt network as plain data: the inputs of the dynamic resource. */
export const NetworkSpec = z.strictObject({
  hypervisor: HypervisorSpec,
  /** `guest` holds `network <name>`: the network belongs to no single guest. */
  owner: OwnerMark,
  /** Name of the libvirt network. */
  name: z.string().min(1),
  /**
   * `nat`: out through the hypervisor; `routed`: out without translation; `isolated`: only among each other and the
   * hypervisor; `existing`: somebody else's network, used and started, never changed or removed; `template`: as the user's
   * own definition says.
   */
  mode: z.enum(["nat", "routed", "isolated", "existing", "template"]),
  /** IPv4 network, as `192.168.50.0/24`, or the hypervisor's address in it, as `192.168.50.1/24`. Not for `existing`. */
  cidr: z.string().optional(),
  /** Name of the bridge on the hypervisor; default: made of the owner mark, at most 15 characters. */
  bridge: z.string().max(15).optional(),
  /** DNS domain of the guests. */
  domain: z.string().optional(),
  /** Started when the hypervisor boots. */
  autostart: z.boolean(),
  reservations: z.array(ReservationSpec),
  /** libvirt's XML of a network with placeholders; for mode `template`. */
  template: z.string().optional(),
});
export type NetworkSpec = z.infer<typeof NetworkSpec>;
