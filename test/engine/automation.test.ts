import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";
import { defaultIdentity } from "../../components/identity";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { Domain } from "../../providers/domain";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { HaltingGuests } from "../support/halting-guests";

describe("a program that a process runs several times, by Pulumi's Automation API", function () {
  this.timeout(300_000);
  const farm = FarmUnderTest.fresh();
  let guests: HaltingGuests;
  let domain: DomainSpec;
  let stack: Stack;

  /** As components do: all that it makes carries the one identity of the farm. */
  const program = async (): Promise<Record<string, unknown>> => {
    const identities = [defaultIdentity(), defaultIdentity()];
    assert.equal(identities[0], identities[1]);
    const farmId = defaultIdentity().farmId;
    new Domain("web", { ...domain, owner: farmId.apply((id) => ({ ...domain.owner, farm: id })) });
    return Promise.resolve({ farmId });
  };

  before(async () => {
    guests = await HaltingGuests.open();
    domain = guests.spec();
    farm.write("Pulumi.yaml", "name: guest-farm\nruntime: nodejs\n");
    const given = Object.entries(farm.environment()).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    stack = await LocalWorkspace.createStack(
      { stackName: farm.stack, projectName: "guest-farm", program },
      {
        workDir: farm.folder,
        envVars: { ...Object.fromEntries(given), NODE_PATH: join(farm.folder, "node_modules") },
      },
    );
  });
  after(async () => {
    await guests.clear();
    await guests.close();
    farm.forget();
  });

  it("previews, updates twice, refreshes, previews and destroys in one process", async () => {
    const first = await stack.preview();
    assert.ok((first.changeSummary.create ?? 0) >= 3, first.stdout);
    const made = await stack.up();
    const again = await stack.up({ expectNoChanges: true });
    assert.equal(again.outputs["farmId"]?.value, made.outputs["farmId"]?.value);
    const state = await stack.exportStack();
    const { resources = [] } = state.deployment as { resources?: { urn: string }[] };
    assert.equal(resources.filter(({ urn }) => urn.includes("FarmIdentity")).length, 1);
    await stack.refresh();
    const last = await stack.preview({ expectNoChanges: true });
    assert.deepEqual(Object.keys(last.changeSummary), ["same"]);
    assert.ok(await guests.isDefined(domain));
    await stack.destroy();
    assert.ok(!(await guests.isDefined(domain)));
  });
});
