import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../definitions/user-error";
import type { DomainSpec } from "../../hypervisor/domain/spec";
import { type HypervisorHost, openHypervisor } from "../../hypervisor/host";
import { checkNetworks } from "../../hypervisor/preflight";
import { sampleDomain } from "../unit/hypervisor/sample-domain";

const MAC = "52:54:00:aa:00:01";
const VDE: DomainSpec["nics"] = [{ kind: "vde", mac: MAC, socket: "vxvde://234.0.0.1" }];

describe("what the networks of a guest need, on a real host", function () {
  this.timeout(60_000);
  let host: HypervisorHost;
  let folder: string;
  let server: Server | undefined;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "guest-farm-preflight-"));
    host = openHypervisor({
      name: "test",
      uri: process.env["GUEST_FARM_TEST_URI"] ?? "qemu:///system",
      connection: { type: "local" },
      diskPoolPath: "/nowhere",
      imageCachePath: "/nowhere",
    });
  });
  afterEach(() => {
    server?.close();
    server = undefined;
  });
  after(async () => {
    await host.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function listen(address: string): Promise<number> {
    const opened = createServer();
    server = opened;
    await new Promise<void>((resolve) => opened.listen(0, address, resolve));
    return (opened.address() as AddressInfo).port;
  }

  /** A QEMU of which only the list of networks is asked. */
  async function emulator(...kinds: readonly string[]): Promise<string> {
    const path = join(folder, `qemu-${kinds.join("-")}`);
    const lines = ["Available netdev backend types:", ...kinds].map((line) => `echo "${line}"`);
    await writeFile(path, ["#!/bin/sh", ...lines, ""].join("\n"));
    await chmod(path, 0o755);
    return path;
  }

  const check = (nics: DomainSpec["nics"], changes: Partial<DomainSpec> = {}) =>
    checkNetworks(host, { ...sampleDomain(), ...changes, nics }, false);
  const forward = (hostPort: number, hostAddress = "127.0.0.1"): DomainSpec["nics"] => [
    { kind: "user", mac: MAC, forwards: [{ hostAddress, hostPort, guestPort: 22 }] },
  ];

  for (const [taken, wanted] of [
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "127.0.0.1"],
    ["127.0.0.1", "0.0.0.0"],
  ] as const) {
    it(`names who has a port of ${taken} that is wanted of ${wanted}; when it is free, nothing is said`, async () => {
      const port = await listen(taken);
      const told = new RegExp(`port ${port} of hypervisor "test".*is taken[^]*pid ${process.pid}\\) listens`);
      await assert.rejects(check(forward(port, wanted)), told);
      await new Promise((resolve) => server?.close(resolve));
      await check(forward(port, wanted));
    });
  }

  it("does not mind who has the port on another address", async () => {
    await check(forward(await listen("127.0.0.2")));
  });

  it("refuses a network that libvirt does not know", async () => {
    const nics: DomainSpec["nics"] = [{ kind: "network", mac: MAC, network: "guest-farm-no-such" }];
    await assert.rejects(check(nics), (error: unknown) => {
      assert.ok(error instanceof UserError);
      const [mistake] = error.mistakes;
      assert.equal(mistake?.what, 'hypervisor "test" has no network "guest-farm-no-such"');
      assert.match(mistake.remedy ?? "", /networks: \{guest-farm-no-such/);
      return true;
    });
  });

  it("refuses VDE of a QEMU that was built without it, and says what that has", async () => {
    const program = await emulator("user", "tap");
    await assert.rejects(check(VDE, { emulator: program }), /was built without VDE[^]*user, tap[^]*Debian's/);
    await check(VDE, { emulator: await emulator("user", "vde") });
  });

  it("takes VDE of the QEMU that is installed as QEMU itself says", async () => {
    const { stdout } = await host.shell.run({
      argv: ["qemu-system-x86_64", "-machine", "none", "-netdev", "help"],
    });
    const checked = check(VDE, { arch: "x86_64" });
    await (/^vde$/m.test(stdout) ? checked : assert.rejects(checked, /without VDE/));
  });
});
