/** A controller of its own: takes the lease of the guest in the folder given, says so, and holds it until killed. */
import { openLocalShell } from "../../../connections/local";
import { guestFiles } from "../../../hypervisor/guest-files";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";

const [pool = "", guest = "", runId = ""] = process.argv.slice(2);

void acquireLease({ shell: openLocalShell() }, guestFiles(pool, guest), {
  holder: { runId, description: `test pid ${process.pid}`, since: new Date().toISOString() },
  waitMs: 20_000,
}).then((lease) => {
  process.on("SIGTERM", () => void lease.release().then(() => process.exit(0)));
  process.stdout.write("held\n");
});
