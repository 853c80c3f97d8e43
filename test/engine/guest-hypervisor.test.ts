import assert from "node:assert/strict";
import { createDomain } from "../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { keepAwake } from "../../hypervisor/awake/awake";
import { HostGoneError } from "../../hypervisor/awake/host-gone";
import { hostState } from "../../hypervisor/awake/host-state";
import { guestPower } from "../../hypervisor/power";
import type { HypervisorSpec } from "../../hypervisor/spec";
import { handler } from "../../providers/handlers/domain";
import { HaltingGuests } from "../support/halting-guests";

const HOLDER = { runId: "test", description: "a test", since: "2026-01-01T00:00:00Z" };

describe("a hypervisor that is a guest, on a real libvirt", function () {
  this.timeout(120_000);
  let guests: HaltingGuests;
  before(async () => (guests = await HaltingGuests.open()));
  afterEach(() => guests.clear());
  after(() => guests.close());

  /** A guest that nobody ever gets into: what has to go without starting it must not try. */
  const inside = (
    { name, hypervisor }: DomainSpec,
    changes: Partial<HypervisorSpec> = {},
  ): HypervisorSpec => ({
    ...guests.host.spec,
    name: "inner",
    connection: {
      type: "guest",
      guest: "host",
      domain: name,
      hypervisor,
      address: "127.0.0.1",
      port: 1,
      user: "root",
      hostKeys: ["ssh-ed25519 AAAA"],
      power: { readiness: 2, tries: 1, delay: 1 },
    },
    ...changes,
  });
  const properties = (hypervisor: HypervisorSpec) => ({ ...guests.spec({ hypervisor }), uuid: "u" });
  const isOff = async ({ name }: DomainSpec) => (await guestPower(guests.host, name).state()) === "off";

  it("is not started to look at what is in it: it is taken for what it was", async () => {
    const host = guests.spec();
    await createDomain(guests.host, host);
    const props = properties(inside(host));
    assert.deepEqual(await handler.read("id", props), { id: "id", props });
    assert.ok(await isOff(host));
  });

  it("takes what was in it along when it goes: nothing is found there, and deleting succeeds", async () => {
    const gone = inside(guests.spec());
    const props = properties(gone);
    assert.equal(await hostState(gone), "gone");
    assert.deepEqual(await handler.read("id", props), {});
    await handler.delete("id", props);
  });

  it("counts as off when the one that it lives on is", async () => {
    const host = guests.spec();
    await createDomain(guests.host, host);
    const deeper = inside({ ...guests.spec(), hypervisor: inside(host) });
    assert.equal(await hostState(deeper), "off");
    assert.ok(await isOff(host));
  });

  it("is started for who needs it, and powered off when nobody does any more", async () => {
    const host = guests.spec();
    await createDomain(guests.host, host);
    const said: string[] = [];
    const waking = keepAwake(inside(host), { holder: HOLDER, say: (text) => said.push(text) });
    await assert.rejects(waking, /waited 2 s for the SSH server/);
    assert.match(said[0] ?? "", /starting guest host/);
    for (const end = Date.now() + 30_000; !(await isOff(host));) assert.ok(Date.now() < end, "it stayed on");
  });

  it("is named when it is gone", async () => {
    const waking = keepAwake(inside(guests.spec()), { holder: HOLDER, say: () => undefined });
    await assert.rejects(waking, HostGoneError);
  });
});
