import type { GuestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { holdLease } from "./acquire-lease";
import type { AcquireOptions, Lease } from "./lease";
import { KEEPER_SCRIPT, SHARE_SCRIPT } from "./share-script";
import { LEASE_TIMING, type LeaseTiming } from "./timing";

/** A share in the use of a guest that many use at once: a hypervisor. */
export type SharedLease = Pick<Lease, "lost" | "release">;

/** The guest, as whoever powers it off behind its last user needs to know it. */
export interface SharedGuest {
  /** libvirt name. */
  readonly domain: string;
  /** How often it is asked to shut down before it is forced off, and the seconds that it has for each time. */
  readonly shutdown: { readonly tries: number; readonly delay: number };
}

/**
 * Takes a share of a guest's lease: nobody changes or removes the guest meanwhile, and it is not powered off. When the
 * last share is gone, released or lost with its holder, the guest is shut down by a process on its hypervisor that
 * belongs to none of them; who comes meanwhile waits for that.
 *
 * @throws what `acquireLease` throws.
 */
export function shareLease(
  host: Pick<HypervisorHost, "shell" | "spec">,
  files: GuestFiles,
  guest: SharedGuest,
  options: AcquireOptions,
  timing: LeaseTiming = LEASE_TIMING,
): Promise<SharedLease> {
  const { tries, delay } = guest.shutdown;
  const keeper = [
    KEEPER_SCRIPT,
    "guest-farm-keeper",
    files.lease,
    files.leaseShares,
    host.spec.uri,
    guest.domain,
    String(tries),
    String(Math.ceil(delay)),
  ];
  const script = { text: SHARE_SCRIPT, name: "guest-farm-share", record: files.leaseShares, more: keeper };
  return holdLease(host, files, options, timing, script);
}
