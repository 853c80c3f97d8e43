import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { withGuestLease } from "../../providers/handlers/guest-lease";
import { deleteDomain } from "../../hypervisor/domain/delete";
import { createDomain } from "../../hypervisor/domain/lifecycle";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { type HypervisorHost, hypervisorHost } from "../../hypervisor/host";
import { acquireLease } from "../../hypervisor/leases/acquire-lease";
import { fencedShell } from "../../hypervisor/leases/fenced-shell";
import { LeaseLostError, type OrphanFate } from "../../hypervisor/leases/lease";
import { guestPower } from "../../hypervisor/power";
import { HaltingGuests } from "../support/halting-guests";
import { keeperOf } from "../support/keepers";

const QUICK = { beatMs: 200, answerMs: 5_000, holdMs: 6_000, orphanMs: 8_000 };

/** With libvirt itself, and domains that do nothing. */
describe("leases of real domains", function () {
  this.timeout(120_000);
  let guests: HaltingGuests;
  let spec: DomainSpec;

  before(async () => {
    guests = await HaltingGuests.open();
  });
  after(() => guests.close());
  beforeEach(async () => {
    spec = guests.spec();
    await createDomain(guests.host, spec);
  });

  const acquire = (fate: OrphanFate) => {
    const holder = { runId: "one", description: "test", since: "now" };
    return acquireLease(guests.host, spec.name, { holder, waitMs: 60_000, fate: () => fate }, QUICK);
  };
  const power = (host: HypervisorHost = guests.host) => guestPower(host, spec.name);
  const killKeeper = async () => process.kill(await keeperOf(guests.files(spec).lease), "SIGKILL");

  it("fence a virsh that stays open, and power off what a release finds on", async () => {
    const lease = await acquire("powerOff");
    const shell = fencedShell(guests.host.shell);
    shell.enter(lease.fence);
    const host = hypervisorHost(guests.host.spec, shell, { keepVirsh: true });
    await power(host).start();
    assert.equal(await power(host).state(), "on");
    await lease.release();
    await assert.rejects(power(host).state(), LeaseLostError);
    const next = await acquire("leave");
    assert.equal(await power().state(), "off");
    assert.equal(next.abandoned, null);
    await next.release();
  });

  it("keep a deletion from going on once they are lost", async () => {
    await power().start();
    const deletion = withGuestLease(guests.host, spec, "deletion", async (fenced) => {
      await killKeeper();
      const other = await acquire("leave");
      await deleteDomain(fenced, spec).finally(() => other.release());
    });
    await assert.rejects(deletion, LeaseLostError);
    assert.equal(await power().state(), "on", "it belongs to somebody else");
    assert.ok(existsSync(guests.files(spec).owner));
    await withGuestLease(guests.host, spec, "deletion", (fenced) => deleteDomain(fenced, spec));
    assert.equal(await power().state(), "missing");
    assert.equal(existsSync(guests.files(spec).folder), false);
    assert.equal(existsSync(guests.files(spec).keepers), false);
  });

  it("are lost with their keeper", async () => {
    const lease = await acquire("leave");
    await killKeeper();
    if (!lease.lost.aborted) await once(lease.lost, "abort");
    const next = await acquire("leave");
    assert.equal(next.abandoned?.runId, "one");
    await next.release();
  });
});
