import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { closeGuestFolder } from "../../hypervisor/access/close-folder";
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

describe("the folder of a guest", () => {
  let top: string;
  let folder: string;
  let disk: string;
  let host: HypervisorHost;

  beforeEach(function () {
    if (process.getuid?.() !== 0) this.skip();
    top = mkdtempSync("/var/tmp/guest-farm-guest-");
    chmodSync(top, 0o755);
    folder = join(top, "one");
    const layer = join(folder, "layers", "a");
    mkdirSync(layer, { recursive: true });
    // As packages from before have left it: whoever knows a path, from the process table, gets to it.
    for (const each of [folder, join(folder, "layers"), layer]) chmodSync(each, 0o711);
    disk = join(layer, "vda.qcow2");
    writeFileSync(disk, "disk", { mode: 0o444 });
    writeFileSync(join(folder, "lease"), "", { mode: 0o644 });
    host = openHypervisor({
      name: "here",
      uri: "qemu:///system",
      connection: { type: "local" },
      diskPoolPath: top,
      imageCachePath: join(top, "images"),
    });
  });
  afterEach(async () => {
    await host.close();
    rmSync(top, { recursive: true, force: true });
  });

  const reads = (user: string, path: string) =>
    spawnSync("runuser", ["-u", user, "--", "test", "-r", path]).status === 0;
  const locks = (user: string) =>
    spawnSync("runuser", ["-u", user, "--", "flock", "-n", join(folder, "lease"), "true"]).status === 0;

  for (const acl of ["with", "without"]) {
    it(`is closed to other users of the host, and open to QEMU, ${acl} ACLs`, async () => {
      assert.equal(reads("nobody", disk) && locks("nobody"), true);
      const without = { ...process.env };
      if (acl === "without") {
        // A setfacl that does nothing, as on a file system that has no ACLs.
        writeFileSync(join(top, "setfacl"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
        process.env["PATH"] = `${top}:${without["PATH"]}`;
      }
      try {
        await closeGuestFolder(host, folder);
        await closeGuestFolder(host, folder);
      } finally {
        process.env["PATH"] = without["PATH"];
      }
      assert.deepEqual([reads("nobody", disk), locks("nobody")], [false, false]);
      assert.equal(reads(QEMU, disk), true);
      assert.equal(statSync(folder).mode & 0o777, 0o710);
    });
  }

  it("is its user's alone in a session", async () => {
    await closeGuestFolder({ ...host, spec: { ...host.spec, uri: "qemu:///session" } }, folder);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  });
});
