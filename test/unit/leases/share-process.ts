/** A user of a shared guest in a process of its own: takes a share, starts the guest, says so, and holds it until killed. */
import { openLocalShell } from "../../../connections/local";
import { hypervisorHost } from "../../../hypervisor/host";
import { shareLease } from "../../../hypervisor/leases/share-lease";
import { localSpec, QUICK } from "./quick";

const [pool = "", runId = ""] = process.argv.slice(2);
const host = hypervisorHost(localSpec(pool), openLocalShell());

void shareLease(
  host,
  { domain: "l1", shutdown: { tries: 2, delay: 2 } },
  { holder: { runId, description: `test ${runId}`, since: "now" }, waitMs: 20_000 },
  QUICK,
).then(async (lease) => {
  process.on("SIGTERM", () => void lease.release().then(() => process.exit(0)));
  await host.virsh(["start", "--domain", "l1"]);
  process.stdout.write("held\n");
});
