import assert from "node:assert/strict";
import { placeFarm } from "../../../../definitions";
import { farm } from "./fixtures";

/** What the examples of the project that came before declare, written as a farm file. */
describe("the example farms of ansible_farm", () => {
  it("02: two platforms of different families on one hypervisor", () => {
    const { guests, project } = farm(
      `
naming: ansible-farm
guests:
  permutations:
    targets: [amd64]
    platforms: [debian_vs, Arch-Linux]
project: { id: example_02, revision: 0, phases: provisioning_phases, runMain: always }
`,
      {
        "platforms/debian_vs.yaml": "extends: debian-12",
        "platforms/Arch-Linux.yaml": "extends: arch\nreadiness: {mode: port}",
      },
    );
    assert.deepEqual(
      guests.map(({ name, settings }) => [name, settings.readiness.mode]),
      [
        ["VM debian_vs_amd64", "login"],
        ["VM Arch-Linux_amd64", "port"],
      ],
    );
    assert.deepEqual([project?.id, project?.revision, project?.runMain], ["example_02", "0", "always"]);
  });

  const DEBIAN = `
vars:
  period: daily
  names: { amd64: amd64, arm64: arm64, ppc64: ppc64el }
  base: https://images.example/\${{ vars.codename }}/\${{ vars.period }}/\${{ vars.version }}
  file: debian-\${{ vars.major }}-nocloud-\${{ vars.names[target.name] }}-daily-\${{ vars.version }}.qcow2
image:
  url: \${{ vars.base }}/\${{ vars.file }}
  checksum: { manifest: "\${{ vars.base }}/SHA512SUMS" }
  steps:
    - { name: setup, customize: { commands: [ssh-keygen -A] } }
auth: { user: user, become: { user: root, method: su, password: { secret: rootPassword } } }
vcpus: 2
memory: 1536
`;

  it("04: permutations and list over two hypervisors, one definition for three architectures, a step in the middle", () => {
    const resolved = farm(
      `
naming: ansible-farm
hypervisors:
  notebook_amd64: { uri: qemu:///session, connection: { type: ssh, host: notebook.example, user: user } }
  rpi_4_arm64: { uri: qemu:///session, connection: { type: ssh, host: 192.168.1.200, user: pi } }
guests:
  permutations: { targets: [amd64, arm64, ppc64], platforms: [debian_12] }
  list: [{ platform: Arch-Linux, target: amd64 }]
targets:
  arm64: { extends: arm64, snapshots: overlay, readiness: { timeout: 180 } }
`,
      {
        "platforms/debian.yaml": DEBIAN,
        "platforms/debian_12.yaml":
          "extends: debian\nvars: {codename: bookworm, major: 12, version: 20230403-1339}\nimage: {+steps: [{name: grow, resize: {size: 10GiB, partition: 1}, before: setup}]}",
        "platforms/Arch-Linux.yaml": "extends: arch",
        "projects/vde.yaml": "id: example_04.vde\nrevision: 0\nphases: provision_phases/VDE\nrunMain: always",
      },
      { project: "vde" },
    );
    assert.deepEqual(
      resolved.guests.map(({ name }) => name),
      ["VM Arch-Linux_amd64", "VM debian_12_amd64", "VM debian_12_arm64", "VM debian_12_ppc64"],
    );
    const ppc = resolved.guests[3];
    assert.ok(ppc?.image.source.kind === "url");
    assert.equal(
      ppc.image.source.url,
      "https://images.example/bookworm/daily/20230403-1339/debian-12-nocloud-ppc64el-daily-20230403-1339.qcow2",
    );
    assert.deepEqual(
      ppc.image.steps.map(({ name }) => name),
      ["grow", "setup"],
    );
    assert.deepEqual(
      [resolved.guests[2]?.settings.snapshots, resolved.guests[1]?.settings.snapshots],
      ["overlay", "auto"],
    );
    assert.equal(resolved.project?.id, "example_04.vde");
    assert.deepEqual(resolved.project.phasesFolder, "provision_phases/VDE");

    const placed = placeFarm(resolved, {
      notebook_amd64: {
        facts: {
          arches: {
            x86_64: { domainTypes: ["kvm", "qemu"] },
            aarch64: { domainTypes: ["qemu"] },
            ppc64le: { domainTypes: ["qemu"] },
          },
          cpus: 8,
          memoryMiB: 16384,
        },
      },
      rpi_4_arm64: {
        facts: { arches: { aarch64: { domainTypes: ["kvm", "qemu"] } }, cpus: 4, memoryMiB: 4096 },
      },
    });
    assert.deepEqual(
      placed.map(({ hypervisor, type }) => `${hypervisor} ${type}`),
      ["notebook_amd64 kvm", "notebook_amd64 kvm", "rpi_4_arm64 kvm", "notebook_amd64 qemu"],
    );
  });
});
