/** A provider that deletes a guest, in a process of its own: says when it waits for the lease, and how that ended. */
import { openLocalShell } from "../../../connections/local";
import { hypervisorHost } from "../../../hypervisor/host";
import { withGuestLease } from "../../../providers/handlers/guest-lease";
import { localSpec } from "../leases/quick";

const [pool = ""] = process.argv.slice(2);
const say = (text: string) => process.stdout.write(`${text}\n`);

say("waits");
withGuestLease(hypervisorHost(localSpec(pool), openLocalShell()), { name: "web" }, "deletion", () => {
  say("acts");
  return Promise.resolve();
}).then(
  () => say("done"),
  (error: unknown) => say(String(error)),
);
