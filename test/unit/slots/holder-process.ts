/** A controller of its own: takes room below the folder given, says so, and holds it until killed. */
import { openLocalShell } from "../../../connections/local";
import { acquireSlot } from "../../../hypervisor/slots/acquire-slot";
import { hypervisor } from "../components/sample-farm";

const [diskPoolPath = "", domain = ""] = process.argv.slice(2);

void acquireSlot(
  { shell: openLocalShell(), spec: { ...hypervisor("here"), diskPoolPath } },
  {
    limits: { maxGuests: 1 },
    domain,
    memoryMiB: 256,
    vcpus: 1,
    holder: { runId: domain, description: `test pid ${process.pid}`, since: new Date().toISOString() },
    waitMs: 20_000,
  },
).then(() => process.stdout.write("held\n"));
