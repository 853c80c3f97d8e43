import assert from "node:assert/strict";
import { guestHypervisor } from "../../../discovery/guest-hypervisor";
import { farm } from "../definitions/resolve/fixtures";

const nested = (hypervisor: string, guest = "") =>
  farm(`
hypervisors: {ground: {}, inner: {connection: {type: guest, guest: one}${hypervisor}}}
guests:
  list:
    - {platform: tiny, target: amd64, name: one, vcpus: 3, memory: 1GiB${guest}}
`);

function known(hypervisor = "", guest = "") {
  const { hypervisors, guests } = nested(hypervisor, guest);
  return hypervisors.map((each) => guestHypervisor(each, guests));
}

describe("what is known of a hypervisor that is a guest", () => {
  it("is nothing for one that is none", () => {
    assert.equal(known()[0], null);
  });

  it("is the guest's definition, without what the guest needs itself", () => {
    assert.deepEqual(known()[1]?.knowledge, {
      facts: { arches: { x86_64: { domainTypes: ["qemu"] } }, cpus: 3, memoryMiB: 768 },
    });
  });

  it("is what the farm file declares, if it does", () => {
    const facts = "{cpus: 1, memoryMiB: 512, arches: {x86_64: {domainTypes: [kvm]}}}";
    assert.deepEqual(known(`, facts: ${facts}`)[1]?.knowledge.facts?.arches, {
      x86_64: { domainTypes: ["kvm"] },
    });
  });

  it("has its folders in the home folder of the guest's user for a session", () => {
    const session = ", uri: 'qemu:///session'";
    assert.equal(known(session)[1]?.spec.diskPoolPath, "/root/.local/share/guest-farm/guests");
    const other = known(session, ", auth: {user: joe, key: generated}");
    assert.equal(other[1]?.spec.imageCachePath, "/home/joe/.local/share/guest-farm/images");
  });
});
