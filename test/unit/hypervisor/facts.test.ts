import assert from "node:assert/strict";
import { HypervisorFacts } from "../../../definitions/placement/facts";
import { readCapabilities } from "../../../hypervisor/facts/capabilities";
import { discoverFacts } from "../../../hypervisor/facts/discover";
import { fakeHost, refusal } from "./fake-host";

const cpu = (extra: string) =>
  `<cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>${extra}<feature name='avx'/><feature name='aes'/></cpu>`;
const capabilities = (extra = "") => `<capabilities><host><uuid>host-1</uuid>${cpu(extra)}</host>
  <guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize><emulator>/usr/bin/q</emulator>
    <machine maxCpus='255' canonical='pc-i440fx-7.2'>pc</machine>
    <domain type='qemu'/><domain type='kvm'><emulator>/usr/bin/kvm</emulator><machine>pc-q35-7.2</machine></domain></arch></guest>
  <guest><os_type>hvm</os_type><arch name='aarch64'><emulator>/usr/bin/a</emulator><machine>virt</machine><domain type='qemu'/></arch></guest>
  <guest><os_type>xen</os_type><arch name='sparc'><domain type='xen'/></arch></guest></capabilities>`;

const machine = "id abc\ncpus 8\nmemory 16777216\ndisk 104857600\nfree 52428800\n";
const versions = "Using library: libvirt 9.0.0\nRunning hypervisor: QEMU 7.2.22\n";

function host(kvm: string) {
  return fakeHost((argv) => {
    if (argv[1] === "capabilities") return capabilities();
    if (argv[1] === "version") return versions;
    return argv[2]?.includes("isa-debug-exit") ? kvm : machine;
  });
}

describe("facts of a hypervisor", () => {
  it("are what placement wants, with KVM where a guest was seen to run", async () => {
    const found = await discoverFacts(host("yes\na guest ran\n"));
    assert.deepEqual(HypervisorFacts.parse(found.facts), found.facts);
    assert.deepEqual(found.facts, {
      arches: {
        x86_64: {
          domainTypes: ["kvm", "qemu"],
          machines: ["pc", "pc-i440fx-7.2", "pc-q35-7.2"],
          emulators: ["/usr/bin/kvm", "/usr/bin/q"],
        },
        aarch64: { domainTypes: ["qemu"], machines: ["virt"], emulators: ["/usr/bin/a"] },
      },
      cpus: 8,
      memoryMiB: 16_384,
      diskGiB: 100,
      libvirtVersion: "9.0.0",
      qemuVersion: "7.2.22",
    });
    assert.equal(found.freeDiskGiB, 50);
    assert.equal(found.hostId, "abc");
  });

  it("have no KVM where libvirt lists it and a guest hung", async () => {
    const { facts, kvm } = await discoverFacts(host("no\na guest hung for 3 s\n"));
    assert.deepEqual(facts.arches["x86_64"]?.domainTypes, ["qemu"]);
    assert.deepEqual(kvm, { works: false, reason: "a guest hung for 3 s" });
  });

  it("are an error when libvirt cannot be asked", async () => {
    const dead = fakeHost((argv) => (argv[0] === "virsh" ? refusal("failed to connect") : machine));
    await assert.rejects(discoverFacts(dead), /failed to connect/);
  });

  it("tell processors apart, not clock frequencies or the order of features", () => {
    const signature = (xml: string) => readCapabilities(xml).cpu.signature;
    const plain = signature(capabilities());
    assert.equal(signature(capabilities("<counter name='tsc' frequency='1'/>")), plain);
    assert.notEqual(signature(capabilities("<feature name='avx512f'/>")), plain);
    assert.notEqual(signature(capabilities("<microcode version='2'/>")), plain);
    const swapped = capabilities().replace(
      "<feature name='avx'/><feature name='aes'/>",
      "<feature name='aes'/><feature name='avx'/>",
    );
    assert.equal(signature(swapped), plain);
  });
});
