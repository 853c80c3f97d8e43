import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { openFolders } from "../../hypervisor/access/open-folders";
import { checkPaths } from "../../hypervisor/doctor/paths";
import { openHypervisor, type HypervisorHost } from "../../hypervisor/host";
import type { HypervisorSpec } from "../../hypervisor/spec";

const QEMU = "libvirt-qemu";

describe("folders that are closed to QEMU", () => {
  let top: string;
  let folder: string;
  const opened: HypervisorHost[] = [];

  beforeEach(function () {
    if (process.getuid?.() !== 0 || spawnSync("setfacl", ["--version"]).error !== undefined) this.skip();
    top = mkdtempSync("/var/tmp/guest-farm-closed-");
    folder = join(top, "inner");
    mkdirSync(join(folder, "images"), { recursive: true });
    for (const each of [top, folder]) chmodSync(each, 0o700);
    chmodSync(join(folder, "images"), 0o755);
  });
  afterEach(async () => {
    for (const host of opened.splice(0)) await host.close();
    rmSync(top, { recursive: true, force: true });
  });

  const hostWith = (change: Partial<HypervisorSpec>) => {
    const host = openHypervisor({
      name: "here",
      uri: "qemu:///system",
      connection: { type: "local" },
      diskPoolPath: join(folder, "guests"),
      imageCachePath: join(folder, "images"),
      ...change,
    });
    opened.push(host);
    return host;
  };
  const may = (user: string, right: "-x" | "-r" | "-w") =>
    spawnSync("runuser", ["-u", user, "--", "test", right, folder]).status === 0;
  const access = async (host: HypervisorHost) =>
    (await checkPaths(host)).filter(({ what }) => what.endsWith(", access"));

  it("stay closed unless the farm file allows to open them, and are an error that says so", async () => {
    const host = hostWith({});
    await openFolders(host);
    assert.equal(may(QEMU, "-x"), false);
    for (const { severity, found, remedy } of await access(host)) {
      assert.equal(severity, "error");
      assert.equal(found, `${top} is closed to ${QEMU}`);
      assert.match(remedy, /repairAccess: true/);
    }
  });

  it("are opened for QEMU alone, to pass and nothing else, on the whole way", async () => {
    const host = hostWith({ repairAccess: true });
    assert.deepEqual(
      (await access(host)).map(({ severity }) => severity),
      ["warning", "warning"],
    );
    await openFolders(host);
    assert.deepEqual(
      (await access(host)).map(({ severity }) => severity),
      ["ok", "ok"],
    );
    assert.deepEqual([may(QEMU, "-x"), may(QEMU, "-r"), may(QEMU, "-w")], [true, false, false]);
    assert.equal(may("nobody", "-x"), false);
    assert.equal(statSync(top).mode & 0o007, 0);
  });

  it("are of no concern in a session, where QEMU runs as whoever asks", async () => {
    const host = hostWith({ uri: "qemu:///session", repairAccess: true });
    await openFolders(host);
    assert.equal(may(QEMU, "-x"), false);
    assert.deepEqual(await access(host), []);
  });
});
