import assert from "node:assert/strict";
import { userInfo } from "node:os";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { says, succeeded } from "../e2e/support/outcomes";
import { HaltingGuests } from "../support/halting-guests";
import { type LoopbackSshd, startLoopbackSshd } from "../support/loopback-sshd";

/** As components make them: a hypervisor that is a guest is another one when its disk was made anew. */
const PROGRAM = `
const { join } = require("node:path");
const pulumi = require("@pulumi/pulumi");
const { Domain } = require(join(__dirname, "node_modules/guest-farm/dist/providers/domain.js"));
const { host, inner, guest } = JSON.parse(require("node:fs").readFileSync(join(__dirname, "spec.json"), "utf8"));
module.exports = () => {
  const carrier = new Domain("carrier", host);
  const hypervisor = pulumi.secret(
    carrier.uuid.apply((incarnation) => ({ ...inner, connection: { ...inner.connection, incarnation } })),
  );
  new Domain("carried", { ...guest, hypervisor }, { additionalSecretOutputs: ["hypervisor"] });
};
`;

describe("a hypervisor that is a guest, replaced with guests in it", function () {
  this.timeout(300_000);
  const farm = FarmUnderTest.fresh();
  let guests: HaltingGuests;
  let sshd: LoopbackSshd;
  let host: DomainSpec;
  let guest: Omit<DomainSpec, "hypervisor">;

  /** Its inside is played by this machine: who logs in there is here, at the same libvirt. */
  const write = (): void => {
    const inner = {
      ...guests.host.spec,
      name: "inner",
      connection: {
        type: "guest",
        guest: "carrier",
        domain: host.name,
        hypervisor: guests.host.spec,
        address: "127.0.0.1",
        port: sshd.port,
        user: userInfo().username,
        hostKeys: [sshd.hostKey],
        privateKey: sshd.privateKey,
        power: { readiness: 60, tries: 1, delay: 1 },
      },
    };
    farm.write("spec.json", JSON.stringify({ host, inner, guest }));
  };
  const uuidOf = async (name: string) => (await guests.host.virsh(["domuuid", name])).trim();
  const uuids = async () => [await uuidOf(host.name), await uuidOf(guest.name)];

  /** The hypervisor with its disk, and so what was in it. */
  const lose = async (): Promise<void> => {
    for (const name of [host.name, guest.name]) {
      await guests.host.tryVirsh(["destroy", "--domain", name]);
      await guests.host.virsh(["undefine", "--domain", name]);
      await guests.run("rm", "-r", guests.files({ name }).folder);
    }
  };

  before(async () => {
    guests = await HaltingGuests.open();
    sshd = await startLoopbackSshd();
    host = guests.spec();
    const { hypervisor, ...rest } = guests.spec();
    assert.equal(hypervisor.name, host.hypervisor.name);
    guest = rest;
    farm.write("index.js", PROGRAM);
    write();
    await farm.init();
    succeeded(await farm.up());
  });
  after(async () => {
    await farm.remove();
    await sshd.stop();
    await guests.clear();
    await guests.close();
  });

  /** What was done to the domains, in order. */
  const stepsOf = (output: string): string[] =>
    [...output.matchAll(/Domain (carrier|carried) (deleted|created)/g)].map(
      ([, name = "", step = ""]) => `${name} ${step}`,
    );

  it("is foreseen with its guests", async () => {
    host = { ...host, machine: "q35", seedBus: "sata" };
    write();
    says(succeeded(await farm.preview()), "+-2 to replace");
  });

  it("goes after its guests, and they come after it", async () => {
    const before = await uuids();
    const { output } = succeeded(await farm.up());
    assert.deepEqual(stepsOf(output), [
      "carried deleted",
      "carrier deleted",
      "carrier created",
      "carried created",
    ]);
    const after = await uuids();
    assert.equal(new Set([...before, ...after]).size, 4, "both are others than before");
  });

  it("settles: nothing is left to do", async () => {
    says(succeeded(await farm.up("--expect-no-changes")), "unchanged");
  });

  it("takes its guests along when it is lost: both are made anew, and nothing of it is waited for", async () => {
    await lose();
    const { output } = succeeded(await farm.up("--refresh"));
    assert.deepEqual(stepsOf(output), ["carrier created", "carried created"]);
    assert.ok((await guests.isDefined(host)) && (await guests.isDefined(guest)));
  });

  it("holds up no destroy when it is lost", async () => {
    await lose();
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.ok(!(await guests.isDefined(host)));
  });
});
