import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { guestFiles } from "../guest-files";
import type { HypervisorHost } from "../host";
import { ATTACH_SCRIPT, CONTACT_SCRIPT } from "./contact-script";
import { HeldLease } from "./held-lease";
import { hold, startContact, wholeSeconds } from "./hold";
import { KEEPER_SCRIPT } from "./keeper-script";
import type { AcquireOptions, FencedLease } from "./lease";
import { type LeaseTiming, leaseTiming } from "./timing";
import { waitForGrant } from "./wait-for-grant";

/**
 * Takes the lease of a guest on its hypervisor, waiting for another holder if need be. Controllers on other machines
 * and in other checkouts wait for each other as well: the lock is a file beside the guest's disks, which a process of
 * the hypervisor holds, the keeper. It ends what runs under the lease (`fencedShell`) before anybody else gets it, and
 * powers the guest off when its holder is gone and nobody comes.
 *
 * @throws LeaseHeldError when somebody else held it for the whole wait.
 * @throws NoGuestFolderError when the guest has no folder on the hypervisor.
 * @throws the signal's reason, or an Error saying why the hypervisor could not hold it.
 */
export function acquireLease(
  host: Pick<HypervisorHost, "shell" | "spec">,
  domain: string,
  options: AcquireOptions,
  timing: LeaseTiming = leaseTiming(),
): Promise<FencedLease> {
  const { spec } = host;
  const files = guestFiles(spec.diskPoolPath, domain);
  const guest = posix.basename(files.folder);
  const what = `the lease of guest "${guest}"`;
  const { holder, signal, fate, shutdown = { tries: 0, delay: 0 } } = options;
  const token = randomBytes(12).toString("hex");
  const mine = posix.join(files.keepers, token);
  // A pipe ends with the controller; a link ends by itself, too.
  const final = spec.connection.type === "local" ? "1" : "0";
  const args = [
    ...[files.lease, files.leaseHolder, wholeSeconds(timing.holdMs), files.leaseShares, files.keepers, token],
    ...[final, spec.uri, domain, KEEPER_SCRIPT, wholeSeconds(timing.orphanMs)],
    ...[String(shutdown.tries), String(Math.ceil(shutdown.delay))],
  ];
  const contact = { script: CONTACT_SCRIPT, name: "guest-farm-lease", args };
  const again = { script: ATTACH_SCRIPT, name: "guest-farm-lease", args: [mine, final] };
  return hold(host, contact, { what, holder, signal }, async (started) => {
    const { lines } = started;
    const abandoned = await waitForGrant(lines, guest, options, timing);
    lines.say(`take ${fate?.(abandoned) ?? "leave"}`);
    await lines.expect("held", timing.answerMs, signal);
    return new HeldLease({
      contact: started,
      attach: () => startContact(host, again, what),
      abandoned,
      fence: posix.join(mine, "fence"),
      what,
      timing,
    });
  });
}
