/** A user of a shared guest in a process of its own: takes a share, starts the guest, says so, and holds it until killed. */
import { openLocalShell } from "../../../connections/local";
import { guestFiles } from "../../../hypervisor/guest-files";
import { hypervisorHost } from "../../../hypervisor/host";
import { shareLease } from "../../../hypervisor/leases/share-lease";

const [pool = "", runId = ""] = process.argv.slice(2);
const spec = {
  name: "here",
  uri: "test:///default",
  connection: { type: "local" },
  diskPoolPath: pool,
  imageCachePath: pool,
} as const;
const host = hypervisorHost(spec, openLocalShell());

void shareLease(
  host,
  guestFiles(pool, "l1"),
  { domain: "l1", shutdown: { tries: 2, delay: 2 } },
  { holder: { runId, description: `test ${runId}`, since: "now" }, waitMs: 20_000 },
  { beatMs: 50, answerMs: 1_500, holdMs: 2_000 },
).then(async (lease) => {
  process.on("SIGTERM", () => void lease.release().then(() => process.exit(0)));
  await host.virsh(["start", "--domain", "l1"]);
  process.stdout.write("held\n");
});
