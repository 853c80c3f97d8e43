import assert from "node:assert/strict";
import { stringify } from "yaml";
import { resolveFarm } from "../../../definitions";
import { placeFarm } from "../../../definitions/placement/place-farm";
import { UserError } from "../../../definitions/user-error";
import type { GuestView } from "../../../discovery/guest-views";
import { domainXml } from "../../../hypervisor/domain/xml/domain-xml";
import type { Inventory } from "../../../hypervisor/snapshots/inventory";
import type { HypervisorSpec } from "../../../hypervisor/spec";
import { checkFolders } from "../../../program/check-folders";
import { sampleDomain, samplePlan } from "../hypervisor/sample-domain";

const FACTS = { arches: { x86_64: { domainTypes: ["qemu"] } }, cpus: 8, memoryMiB: 32768, diskGiB: 500 };
const GUESTS = ["web", "mail"];
const STACK = "lab";

/** A farm of two guests that were made with `/pool` and `/images`. */
function viewWith(change: Partial<HypervisorSpec>, stack = STACK) {
  const text = stringify({
    hypervisors: { local: { facts: FACTS } },
    guests: { list: GUESTS.map((name) => ({ platform: "tiny", target: "amd64", name })) },
  });
  const farm = resolveFarm({ stack: STACK, farmFile: { name: "farm.yaml", text }, files: {} });
  const { hypervisor } = sampleDomain();
  const found = GUESTS.map((guest) => {
    const owner = { farm: "f", stack, guest, version: "0" };
    const definition = domainXml(samplePlan(sampleDomain({ name: `${STACK}.${guest}`, owner })));
    const base = [{ device: "vda", path: `/images/${"a".repeat(64)}.qcow2`, digest: null }];
    const layers = new Map([["l", { id: "l", parent: null, pristine: true, base }]]);
    const inventory = { definition, layers } as unknown as Inventory;
    return [guest, { inventory } as GuestView] as const;
  });
  return {
    guests: placeFarm(farm, {}),
    found: new Map(found),
    hypervisors: new Map([["local", { spec: { ...hypervisor, ...change } }]]),
  };
}

describe("folders of a hypervisor", () => {
  const refused = (view: ReturnType<typeof viewWith>) => {
    try {
      checkFolders(STACK, view);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error.mistakes;
    }
    return [];
  };

  it("may stay, however they are written", () => {
    assert.deepEqual(refused(viewWith({})), []);
    assert.deepEqual(refused(viewWith({ diskPoolPath: "/pool/", imageCachePath: "//images/." })), []);
  });

  for (const [folder, used] of [
    ["diskPoolPath", "/pool"],
    ["imageCachePath", "/images"],
  ] as const) {
    it(`may not change while guests use them: ${folder}`, () => {
      const [mistake, ...more] = refused(viewWith({ [folder]: "/elsewhere" }));
      assert.deepEqual(more, []);
      assert.equal(mistake?.path, `hypervisors.local.${folder}`);
      assert.equal(mistake.found, `/elsewhere, but ${used} is in use by web, mail`);
      assert.equal(mistake.allowed, used);
      assert.match(mistake.remedy ?? "", /pulumi destroy/);
    });
  }

  it("may both be wrong at once", () => {
    assert.equal(refused(viewWith({ diskPoolPath: "/a", imageCachePath: "/b" })).length, 2);
  });

  it("may change while no guest of this stack is there", () => {
    const elsewhere = { diskPoolPath: "/elsewhere" };
    assert.deepEqual(refused({ ...viewWith(elsewhere), found: new Map<string, GuestView>() }), []);
    assert.deepEqual(refused(viewWith(elsewhere, "another")), []);
  });
});
