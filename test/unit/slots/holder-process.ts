/** A controller of its own: takes a lease and room below the folder given, says so, and holds both until killed. */
import { openLocalShell } from "../../../connections/local";
import { acquireLease } from "../../../hypervisor/leases/acquire-lease";
import { acquireSlot } from "../../../hypervisor/slots/acquire-slot";
import { localSpec, QUICK } from "../leases/quick";

const [pool = "", domain = ""] = process.argv.slice(2);
const host = { shell: openLocalShell(), spec: localSpec(pool) };
const holder = { runId: domain, description: `test pid ${process.pid}`, since: new Date().toISOString() };

async function main(): Promise<void> {
  const lease = await acquireLease(host, domain, { holder, waitMs: 0, fate: () => "powerOff" }, QUICK);
  const room = { limits: { maxGuests: 1 }, domain, memoryMiB: 256, vcpus: 1, holder, waitMs: 20_000 };
  await acquireSlot(host, lease, room, QUICK);
  process.stdout.write("held\n");
}

void main();
