import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { ATTACH_SCRIPT } from "./contact-script";
import { HeldLease } from "./held-lease";
import { hold, startContact, wholeSeconds } from "./hold";
import type { AcquireOptions, Lease } from "./lease";
import { POWER_OFF_SCRIPT, SHARE_KEEPER_SCRIPT, SHARE_SCRIPT } from "./share-script";
import { type LeaseTiming, leaseTiming } from "./timing";
import { waitForGrant } from "./wait-for-grant";

/** A share in the use of a guest that many use at once: a hypervisor. */
export type SharedLease = Pick<Lease, "lost" | "release">;

/** The guest, as whoever powers it off behind its last user needs to know it. */
export interface SharedGuest {
  /** libvirt name. */
  readonly domain: string;
  /** How often it is asked to shut down before it is forced off, and the seconds that it has for each time. */
  readonly shutdown: { readonly tries: number; readonly delay: number };
}

export interface ShareOptions extends Pick<AcquireOptions, "holder" | "waitMs" | "onWait" | "signal"> {
  /**
   * Whether leases of guests inside may be left when this holder ends: the share then outlives their keepers. Default:
   * false.
   */
  readonly outlives?: boolean;
}

/** The keepers inside have so long to power their guests off. */
const INSIDE_MS = 60_000;

/**
 * Takes a share of a guest's lease: nobody changes or removes the guest meanwhile, and it is not powered off. When the
 * last share is gone, released or lost with its holder, the guest is shut down by a process on its hypervisor that
 * belongs to none of them; who comes meanwhile waits for that.
 *
 * @throws what `acquireLease` throws.
 */
export function shareLease(
  host: Pick<HypervisorHost, "shell" | "spec">,
  { domain, shutdown: { tries, delay } }: SharedGuest,
  options: ShareOptions,
  timing: LeaseTiming = leaseTiming(),
): Promise<SharedLease> {
  const { spec } = host;
  const files = guestFiles(spec.diskPoolPath, domain);
  const guest = posix.basename(files.folder);
  const what = `the lease of guest "${guest}"`;
  const { holder, signal, outlives = false } = options;
  const token = randomBytes(12).toString("hex");
  const mine = posix.join(files.keepers, token);
  const final = !outlives && spec.connection.type === "local" ? "1" : "0";
  const patienceMs = outlives ? timing.orphanMs + timing.holdMs + INSIDE_MS : timing.holdMs;
  const powerOff = [POWER_OFF_SCRIPT, "guest-farm-keeper", files.lease, files.leaseShares, spec.uri, domain];
  const args = [
    ...[files.lease, files.leaseShares, wholeSeconds(timing.holdMs), files.keepers, token, final],
    ...[wholeSeconds(patienceMs), SHARE_KEEPER_SCRIPT],
    ...[...powerOff, String(tries), String(Math.ceil(delay))],
  ];
  const contact = { script: SHARE_SCRIPT, name: "guest-farm-share", args };
  const again = { script: ATTACH_SCRIPT, name: "guest-farm-share", args: [mine, final] };
  return hold(host, contact, { what, holder, signal }, async (started) => {
    const { lines } = started;
    await waitForGrant(lines, guest, options, timing);
    lines.say("take");
    await lines.expect("held", timing.answerMs, signal);
    return new HeldLease({
      contact: started,
      attach: () => startContact(host, again, what),
      abandoned: null,
      fence: posix.join(mine, "fence"),
      what,
      timing,
    });
  });
}
