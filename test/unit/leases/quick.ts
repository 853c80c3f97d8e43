import type { LeaseTiming } from "../../../hypervisor/leases/timing";
import type { HypervisorSpec } from "../../../hypervisor/spec";

/** Times of a lease that a test can wait for. */
export const QUICK: LeaseTiming = { beatMs: 50, answerMs: 1_500, holdMs: 2_000, orphanMs: 4_000 };

/** A hypervisor on this machine, whose libvirt is never asked, or is a fake on the path. */
export function localSpec(diskPoolPath: string): HypervisorSpec {
  return {
    name: "here",
    uri: "test:///default",
    connection: { type: "local" },
    diskPoolPath,
    imageCachePath: diskPoolPath,
  };
}

/** Stands for a hypervisor over a link: that the stream to it ends says nothing of the controller. */
export function linkedSpec(diskPoolPath: string): HypervisorSpec {
  return { ...localSpec(diskPoolPath), connection: { type: "ssh", host: "here" } };
}
