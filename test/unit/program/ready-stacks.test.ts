import assert from "node:assert/strict";
import { resolve } from "node:path";
import { HYPERVISOR_PROJECT } from "../../../components/guest/hypervisor-project";
import { placeFarm, resolveFarm } from "../../../definitions";
import { readFarmFolder } from "../../../discovery/farm-folder";
import { checkPhases } from "../../../program/check-phases";

const REPOSITORY = resolve(__dirname, "../../..");
const QEMU = { domainTypes: ["qemu" as const] };
/** A machine that emulates all that it is asked for. */
const FACTS = {
  facts: {
    arches: { x86_64: QEMU, aarch64: QEMU, ppc64le: QEMU },
    cpus: 8,
    memoryMiB: 16384,
    diskGiB: 500,
  },
};

/** A ready stack as its program sees it. */
function stack(name: string, file = "farm.yaml", config = {}) {
  const { farmFile, files, folder } = readFarmFolder(REPOSITORY, `stacks/${name}/${file}`);
  const farm = resolveFarm({ farmFile, files, stack: name, config });
  const hypervisors = Object.fromEntries(farm.hypervisors.map((each) => [each.name, FACTS]));
  return { farm, folder, placed: placeFarm(farm, hypervisors) };
}

async function phasesAreRight({ farm: { project }, folder, placed }: ReturnType<typeof stack>) {
  assert.ok(project);
  const { id, revision, phasesFolder, vars, guests } = project;
  const phases = `${REPOSITORY}/${folder}/${phasesFolder}`;
  const known = { id, revision, phases, vars, secrets: {} };
  await checkPhases(
    placed.filter(({ name }) => guests.includes(name)),
    known,
  );
}

const namesOf = ({ farm }: ReturnType<typeof stack>) => farm.guests.map(({ name }) => name).sort();

describe("the ready stacks", () => {
  it("example-02 declares two vendors' images on one hypervisor", async () => {
    const shipped = stack("example-02");
    assert.deepEqual(namesOf(shipped), ["Arch-Linux-amd64", "debian_vs-amd64"]);
    assert.deepEqual(
      shipped.farm.guests.map(({ image }) => image.source.kind),
      ["url", "url"],
    );
    const { project } = shipped.farm;
    assert.deepEqual([project?.id, project?.revision, project?.runMain], ["example_02", "0", "always"]);
    await phasesAreRight(shipped);
  });

  it("example-02 leaves out Arch-Linux where images are built from packages: it has no recipe", async () => {
    const built = stack("example-02", "farm.packages.yaml");
    assert.deepEqual(namesOf(built), ["debian_vs-amd64", "tiny-amd64"]);
    assert.ok(built.farm.guests.every(({ image }) => image.source.kind === "packages"));
    await phasesAreRight(built);
    assert.throws(
      () => stack("example-02", "farm.yaml", { imageSource: "packages" }),
      /cannot be built from packages/,
    );
  });

  it("kvm-provisioning declares instances of a catalog, with addresses, sizes and first-boot snapshots", () => {
    const described = (file?: string) =>
      stack("kvm-provisioning", file).farm.guests.map(
        ({ name, platform, nics, firstBootSnapshot, keepRunning }) => [
          name,
          platform,
          nics.map((nic) => (nic.kind === "network" ? nic.address : undefined)),
          firstBootSnapshot,
          keepRunning,
        ],
      );
    assert.deepEqual(described(), [
      ["app-01", "debian12-server", ["10.71.0.11"], "first-boot", true],
      ["db-01", "debian13-server", ["10.71.0.12"], "before-data", true],
      ["edge-01", "debian12-server", ["10.71.0.13"], null, true],
    ]);
    assert.deepEqual(
      described("farm.packages.yaml").map(([name, platform]) => [name, platform]),
      [
        ["app-01", "tiny-server"],
        ["db-01", "tiny-server"],
        ["edge-01", "tiny-server"],
      ],
    );
  });

  it("example-03 declares a hypervisor that is a guest and two guests in it, however its images are made", async () => {
    for (const file of ["farm.yaml", "farm.packages.yaml"]) {
      const shipped = stack("example-03", file);
      assert.deepEqual(
        shipped.farm.guests.map(({ name, hypervisor }) => [name, hypervisor]),
        [
          ["debian_vs-amd64", "L0-hypervisor"],
          ["debian_vs_user-amd64", "L1-hypervisor"],
          ["debian_vs_vde-amd64", "L1-hypervisor"],
        ],
      );
      const [host, user, vde] = shipped.farm.guests;
      assert.equal(host?.isHypervisor, true);
      assert.equal(user?.nics[0]?.kind, "user");
      assert.ok(vde?.nics[0]?.kind === "vde" && vde.nics[0].socket === "vxvde://234.0.0.1");
      assert.match(host.seed?.files[0]?.content ?? "", /vde_plug tap:\/\/tap0 vxvde:\/\/234\.0\.0\.1$/m);
      const { project } = shipped.farm;
      assert.deepEqual([project?.id, project?.runMain], ["example_03", "always"]);
      assert.deepEqual(project?.guests, ["debian_vs_user-amd64", "debian_vs_vde-amd64"]);
      await phasesAreRight(shipped);
    }
  });

  it("the phase files that make a hypervisor are right", async () => {
    const { placed } = stack("example-03");
    const hosts = placed.filter(({ isHypervisor }) => isHypervisor === true);
    await checkPhases(hosts, { ...HYPERVISOR_PROJECT, vars: {}, secrets: {} });
  });

  it("example-04 declares four guests over two hypervisors, for one project of two", async () => {
    const shipped = stack("example-04");
    assert.deepEqual(
      shipped.farm.hypervisors.map(({ name, uri, connection }) => [name, uri, connection.type]),
      [
        ["notebook_amd64", "qemu:///system", "local"],
        ["rpi_4_arm64", "qemu:///session", "ssh"],
      ],
    );
    assert.deepEqual(namesOf(shipped), [
      "Arch-Linux-amd64",
      "debian_12-amd64",
      "debian_12-arm64",
      "debian_12-ppc64",
    ]);
    const { project } = shipped.farm;
    assert.deepEqual([project?.id, project?.runMain], ["example_04.vde", "always"]);
    assert.deepEqual(project?.guests.length, 4);
    const debian = shipped.farm.guests.find(({ name }) => name === "debian_12-ppc64");
    assert.ok(debian?.image.source.kind === "url");
    assert.match(debian.image.source.url, /debian-12-generic-ppc64el\.qcow2$/);
    assert.deepEqual(
      debian.image.steps.map(({ name }) => name),
      ["grow", "format"],
    );
    await phasesAreRight(shipped);
  });

  it("example-04 builds the project of this repository where images are built from packages", async () => {
    const built = stack("example-04", "farm.packages.yaml");
    assert.deepEqual(namesOf(built), ["debian_12-amd64", "workbench-arm64", "workbench-ppc64"]);
    assert.ok(built.farm.guests.every(({ image }) => image.source.kind === "packages"));
    assert.equal(built.farm.project?.id, "example_04.primes");
    assert.equal(built.farm.project.guests.length, 3);
    assert.deepEqual([...new Set(built.placed.map(({ hypervisor }) => hypervisor))].sort(), [
      "notebook_amd64",
      "rpi_4_arm64",
    ]);
    await phasesAreRight(built);
  });
});
