import assert from "node:assert/strict";
import { FarmUnderTest } from "../e2e/support/farm-under-test";
import { succeeded } from "../e2e/support/outcomes";
import { tinyFarm } from "../e2e/support/tiny-farm";

const NAME = "own";
/** Takes the host key and the login from the seed by itself; with files of its own, as vendor data's would be dropped. */
const USER_DATA = `#cloud-config
disable_root: false
ssh_deletekeys: false
write_files: [{ path: /root/own, content: mine }]
bootcmd:
  - |
    test -e /root/.ssh/seeded && exit 0
    set -e
    mkdir -p /run/seed
    mount -o ro /dev/disk/by-label/cidata /run/seed
    install -m 600 /run/seed/guest-farm/ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key
    ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key > /etc/ssh/ssh_host_ed25519_key.pub
    install -D -m 600 /run/seed/guest-farm/authorized_keys /root/.ssh/authorized_keys
    umount /run/seed
    touch /root/.ssh/seeded
`;

describe("a guest with user data of the user's own", function () {
  this.timeout(1_200_000);
  const farm = FarmUnderTest.fresh();
  before(async () => {
    const own = {
      platform: "debian-12",
      target: "amd64",
      name: NAME,
      imageSource: "packages",
      memory: 1024,
      auth: { user: "root", key: "generated" },
      readiness: { timeout: 600 },
      snapshots: "overlay",
      seed: { userDataFile: "user-data.yaml" },
    };
    farm.farm({ ...tinyFarm(), guests: { list: [own] } });
    farm.write(`stacks/${farm.stack}/user-data.yaml`, USER_DATA);
    farm.phase("main.yaml", {
      name: "look",
      run: "cat /root/own /etc/ssh/ssh_host_ed25519_key.pub /etc/cloud/cloud.cfg.d/*same-machine*",
    });
    await farm.init();
  });
  after(() => farm.remove());

  /** The host key that the guest had in a run. */
  const hostKey = (): string => {
    const log = farm.kept(NAME, "main.log");
    assert.match(log, /mine/);
    assert.match(log, /^manual_cache_clean: true$/m);
    return /ssh-ed25519 \S+/.exec(log)?.[0] ?? "";
  };

  it("keeps its host keys when it boots without the seed", async () => {
    succeeded(await farm.up());
    const first = hostKey();
    assert.notEqual(first, "");
    succeeded(await farm.up());
    assert.equal(farm.result(NAME).cache, "hit");
    assert.equal(hostKey(), first);
  });
});
