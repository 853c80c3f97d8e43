import { strict as assert } from "node:assert";
import { UserError } from "../../../definitions/user-error";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { readListeners } from "../../../hypervisor/listeners";
import { checkNetworks } from "../../../hypervisor/preflight";
import { fakeHost, refusal } from "./fake-host";
import { sampleDomain } from "./sample-domain";

const MAC = "52:54:00:12:34:56";
const domain = (...nics: DomainSpec["nics"]): DomainSpec => ({ ...sampleDomain(), nics });
const forward = (hostPort: number): DomainSpec["nics"][number] => ({
  kind: "user",
  mac: MAC,
  forwards: [{ hostAddress: "127.0.0.1", hostPort, guestPort: 22 }],
});

describe("what the networks of a guest need", () => {
  const ss = [
    'LISTEN 0 511 127.0.0.1:2201 0.0.0.0:* users:(("node",pid=10503,fd=18))',
    "LISTEN 0 128 *:2024 *:* ",
    "LISTEN 0 128 [::]:2025 [::]:* ",
    'LISTEN 0 5 192.168.1.1%eth0:53 0.0.0.0:* users:(("dnsmasq",pid=7,fd=3))',
  ].join("\n");

  it("is not there: all of it is told at once", async () => {
    const host = fakeHost(([program, command]) => {
      if (program === "ss") return ss;
      if (program === "test") return { exitCode: 1 };
      if (command === "net-list") return " default\n\n";
      return program?.includes("qemu") === true ? "Available netdev backend types:\nuser\ntap\n" : undefined;
    });
    const spec = domain(
      forward(2201),
      forward(2024),
      { kind: "network", mac: MAC, network: "lost" },
      { kind: "bridge", mac: MAC, bridge: "br9" },
      { kind: "ethernet", mac: MAC, device: "tap9" },
      { kind: "vde", mac: MAC, socket: "/s" },
    );
    await assert.rejects(checkNetworks(host, spec), (error: unknown) => {
      assert.ok(error instanceof UserError);
      const told = error.mistakes.map(({ what, found = "" }) => `${what}; ${found}`);
      assert.equal(told.length, 6);
      assert.match(told[0] ?? "", /port 2201 .* is taken; node \(pid 10503\) listens on 127\.0\.0\.1:2201/);
      assert.match(told[1] ?? "", /port 2024 .* is taken; a process of another user/);
      assert.match(told[2] ?? "", /no network "lost"/);
      assert.match(told[3] ?? "", /no bridge "br9"/);
      assert.match(told[4] ?? "", /no tap device "tap9"/);
      assert.match(told[5] ?? "", /without VDE; its kinds of networks: user, tap/);
      return true;
    });
  });

  it("is there: nothing is said", async () => {
    const host = fakeHost(([program, command]) => {
      if (program === "ss") return ss;
      if (command === "net-list") return " default\n";
      return program?.includes("qemu") === true ? "Available netdev backend types:\nvde\n" : undefined;
    });
    const spec = domain(
      forward(53),
      forward(2025),
      { kind: "network", mac: MAC, network: "default" },
      { kind: "vde", mac: MAC, socket: "/s" },
    );
    await checkNetworks(host, spec);
  });

  it("cannot be looked at: left to the start", async () => {
    await checkNetworks(
      fakeHost(([program]) => (program === "test" ? {} : refusal("command not found"))),
      domain(
        forward(2201),
        { kind: "network", mac: MAC, network: "x" },
        { kind: "vde", mac: MAC, socket: "/s" },
      ),
    );
  });

  it("listeners are read with address, port and program", () => {
    assert.deepEqual(
      readListeners(ss).map(({ address, port, program }) => [address, port, program]),
      [
        ["127.0.0.1", 2201, "node (pid 10503)"],
        ["*", 2024, undefined],
        ["::", 2025, undefined],
        ["192.168.1.1", 53, "dnsmasq (pid 7)"],
      ],
    );
  });
});
