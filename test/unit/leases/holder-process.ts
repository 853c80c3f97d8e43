/** A controller of its own: takes the lease of the guest in the folder given, says so, and holds it until killed. */
import { openLocalShell } from "../../../connections/local";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import type { OrphanFate } from "../../../hypervisor/leases/lease";
import { localSpec, QUICK } from "./quick";

const [pool = "", guest = "", runId = "", fate = "leave"] = process.argv.slice(2);

void acquireLease(
  { shell: openLocalShell(), spec: localSpec(pool) },
  guest,
  {
    holder: { runId, description: `test pid ${process.pid}`, since: new Date().toISOString() },
    waitMs: 20_000,
    fate: () => fate as OrphanFate,
  },
  QUICK,
).then((lease) => {
  process.on("SIGTERM", () => void lease.release().then(() => process.exit(0)));
  process.stdout.write("held\n");
});
