import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { failed, FROM_BASE, FROM_INIT, says, succeeded } from "../e2e/support/outcomes";
import { DISK_POOL, stateOf, TINY, tinyFarm, virsh } from "../e2e/support/tiny-farm";

/** Another address range than that of other tests which may run on this machine. */
const RANGE = `192.168.${100 + Math.floor(Math.random() * 100)}`;
const ADDRESS = `${RANGE}.21`;
const MIB = 1024 ** 2;

/** Says what is on the data disk, and puts something else there; caches are dropped so that the disk itself speaks. */
const MAIN = `
echo 3 > /proc/sys/vm/drop_caches
echo "data disk: $(head -n 1 /dev/vdb)"
echo "of $(blockdev --getsize64 /dev/vdb) bytes"
echo "read-only disk: $(head -n 1 /dev/vdc)"
echo "address: $(ip -4 -o addr show scope global | awk '{ print $4 }')"
if echo no 2>/dev/null > /dev/vdc; then echo "it can be written"; exit 1; fi
echo \${{ vars.greeting }} > /dev/vdb
sync
`;

describe("a guest with disks of its own on a network of its own", function () {
  this.timeout(600_000);
  const farm = FarmUnderTest.fresh();
  const network = `${farm.stack}-net`;
  const volumes = `${DISK_POOL}-volumes-${farm.stack}`;
  let media: string;

  function describeFarm(greeting: string): void {
    const guest = {
      readiness: { timeout: 300 },
      disks: [
        { name: "data", size: 1, format: "qcow2" },
        { name: "medium", path: join(media, "medium.img"), format: "raw", readOnly: true },
      ],
      nics: [{ kind: "network", network, address: ADDRESS }],
    };
    const project = { id: "disks", runMain: "onChange", vars: { greeting } };
    const networks = { [network]: { mode: "nat", cidr: `${RANGE}.0/24` } };
    farm.farm({ ...tinyFarm({ guest, project }), networks });
  }

  before(async () => {
    // Where QEMU may read; /tmp may be closed to it.
    media = mkdtempSync("/var/lib/libvirt/images/guest-farm-test-");
    chmodSync(media, 0o755);
    writeFileSync(join(media, "medium.img"), "from the medium\n".padEnd(MIB, "\0"));
    describeFarm("first");
    farm.phase("init.yaml", { name: "fill the data disk", run: "echo from init > /dev/vdb; sync" });
    farm.phase("main.yaml", { name: "look", run: MAIN });
    await farm.init();
  });
  after(async () => {
    await farm.remove();
    rmSync(media, { recursive: true, force: true });
  });

  const networks = () => virsh("net-list", "--all", "--name").split("\n");
  const bridge = () => /<bridge name='([^']+)'/.exec(virsh("net-dumpxml", network))?.[1] ?? "";
  const seen = () => farm.kept(TINY, "main.log");

  it("is not made on somebody else's network of that name, which stays as it is", async () => {
    const definition = join(farm.folder, "theirs.xml");
    writeFileSync(definition, `<network><name>${network}</name><bridge name='${farm.stack}'/></network>`);
    virsh("net-define", definition);
    try {
      const theirs = virsh("net-dumpxml", network);
      says(failed(await farm.up()), `network "${network}"`, /not ours|not made by|belongs to/);
      assert.equal(virsh("net-dumpxml", network), theirs);
      assert.equal(stateOf(farm), "missing");
    } finally {
      virsh("net-undefine", network);
    }
  });

  it("runs its phases over the address that is reserved for it, and sees its disks", async () => {
    succeeded(await farm.up());
    assert.deepEqual(
      farm.acted(TINY),
      FROM_BASE.filter((phase) => !["dependencies", "terminate"].includes(phase)),
    );
    assert.match(seen(), /data disk: from init\n/);
    assert.match(seen(), new RegExp(`of ${1024 * MIB} bytes`));
    assert.match(seen(), /read-only disk: from the medium\n/);
    assert.match(seen(), new RegExp(`address: ${ADDRESS.replaceAll(".", "\\.")}/24\n`));
  });

  it("is on a bridge without spanning tree", () => {
    assert.equal(readFileSync(`/sys/class/net/${bridge()}/bridge/stp_state`, "utf8").trim(), "0");
  });

  it("has its data disk in the farm's pool, and the read-only disk where it was", () => {
    assert.deepEqual(readdirSync(volumes), [`${farm.stack}.${TINY}-data.qcow2`]);
    assert.match(virsh("dumpxml", `${farm.stack}.${TINY}`), new RegExp(`<source file='${media}/medium.img'`));
  });

  it("is what the state says, after a refresh too", async () => {
    succeeded(await farm.refresh());
    succeeded(await farm.preview("--expect-no-changes"));
  });

  it("has its data disk in the snapshot: what main wrote is gone at the next run", async () => {
    describeFarm("second");
    succeeded(await farm.up());
    assert.deepEqual(
      farm.acted(TINY),
      FROM_INIT.filter((phase) => phase !== "terminate"),
    );
    assert.match(seen(), /data disk: from init\n/);
  });

  it("takes all that was made for it along when it is destroyed, and nothing else", async () => {
    succeeded(await farm.pulumi("destroy", "-s", farm.stack, "--yes", "--skip-preview"));
    assert.equal(stateOf(farm), "missing");
    assert.ok(!networks().includes(network), "the network is gone");
    assert.ok(!virsh("pool-list", "--all", "--name").includes(farm.stack), "the pool is gone");
    assert.ok(!existsSync(join(volumes, `${farm.stack}.${TINY}-data.qcow2`)), "the data disk is gone");
    assert.match(readFileSync(join(media, "medium.img"), "utf8"), /^from the medium\n/);
  });
});
