import { strict as assert } from "node:assert";
import { UserError } from "../../../definitions/user-error";
import type { DomainSpec } from "../../../hypervisor/domain/spec";
import { readInterfaces, readNeighbours, guestAddresses } from "../../../hypervisor/guest-addresses";
import { readListeners } from "../../../hypervisor/listeners";
import { checkNetworks } from "../../../hypervisor/preflight";
import { fakeHost, refusal } from "./fake-host";
import { sampleDomain } from "./sample-domain";

const MAC = "52:54:00:12:34:56";
const OTHER = "52:54:00:00:00:01";
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
      { kind: "macvtap", mac: MAC, device: "eth9" },
      { kind: "vde", mac: MAC, socket: "/s" },
    );
    await assert.rejects(checkNetworks(host, spec, false), (error: unknown) => {
      assert.ok(error instanceof UserError);
      const told = error.mistakes.map(({ what, found = "" }) => `${what}; ${found}`);
      assert.equal(told.length, 6);
      assert.match(told[0] ?? "", /port 2201 .* is taken; node \(pid 10503\) listens on 127\.0\.0\.1:2201/);
      assert.match(told[1] ?? "", /port 2024 .* is taken; a process of another user/);
      assert.match(told[2] ?? "", /no network "lost"/);
      assert.match(told[3] ?? "", /no bridge "br9"/);
      assert.match(told[4] ?? "", /no network card "eth9"/);
      assert.match(told[5] ?? "", /without VDE; its kinds of networks: user, tap/);
      return true;
    });
  });

  for (const [arch, program] of [
    ["x86_64", "qemu-system-x86_64"],
    ["armv7l", "qemu-system-arm"],
    ["i686", "qemu-system-i386"],
    ["ppc64le", "qemu-system-ppc64"],
  ] as const) {
    it(`for VDE on ${arch} is asked of ${program}`, async () => {
      const host = fakeHost(() => "Available netdev backend types:\nuser\n");
      const spec = { ...domain({ kind: "vde", mac: MAC, socket: "/s" }), arch };
      await assert.rejects(checkNetworks(host, spec, false), new RegExp(`but ${program} of hypervisor`));
      assert.deepEqual(host.commands, [[program, "-machine", "none", "-netdev", "help"]]);
    });
  }

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
    await checkNetworks(host, spec, false);
  });

  it("cannot be looked at: left to the start", async () => {
    await checkNetworks(
      fakeHost(([program]) => (program === "test" ? {} : refusal("command not found"))),
      domain(
        forward(2201),
        { kind: "network", mac: MAC, network: "x" },
        { kind: "vde", mac: MAC, socket: "/s" },
      ),
      false,
    );
  });

  describe("a network that is off", () => {
    const onLab = domain({ kind: "network", mac: MAC, network: "lab" });
    const hostOf = (started: string[]) =>
      fakeHost(([, command, ...args]) => {
        if (command === "net-list") return args.includes("--all") ? "lab\nother\n" : "other\n";
        if (command === "net-start") started.push(args.join(" "));
        return "";
      });

    it("is not started by itself: it is told which are on, and what to do", async () => {
      const started: string[] = [];
      await assert.rejects(checkNetworks(hostOf(started), onLab, false), {
        message:
          /network "lab" .* is off[\s\S]*those that are on: other[\s\S]*net-start lab.*startNetworks: true/,
      });
      assert.deepEqual(started, []);
    });

    it("is started where the farm file allows it", async () => {
      const started: string[] = [];
      await checkNetworks(hostOf(started), onLab, true);
      assert.deepEqual(started, ["--network lab"]);
    });
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

describe("addresses of a guest", () => {
  const interfaces = ` Name       MAC address          Protocol     Address
-------------------------------------------------------------------------------
 lo         00:00:00:00:00:00    ipv4         127.0.0.1/8
 eth0       ${MAC}    ipv4         10.0.0.7/24
 eth0       ${MAC}    ipv6         fe80::5054:ff:fe12:3456/64
 eth1       ${OTHER}    ipv4         10.0.0.9/24
`;
  it("are those of its own cards that another machine can use", () => {
    assert.deepEqual(readInterfaces(interfaces, [MAC.toUpperCase()]), ["10.0.0.7"]);
  });

  it("among neighbours leave out those that did not answer", () => {
    const text = `10.0.0.7 dev virbr0 lladdr ${MAC} REACHABLE\n10.0.0.8 dev virbr0 lladdr ${MAC} FAILED\n10.0.0.1 dev eth0 lladdr ${OTHER} STALE\n`;
    assert.deepEqual(readNeighbours(text, [MAC]), ["10.0.0.7"]);
  });

  it("come from the agent first, then leases, then neighbours, each once", async () => {
    const host = fakeHost((argv) => {
      if (argv[0] === "ip") return `10.0.0.4 dev b lladdr ${MAC} STALE\n10.0.0.2 dev b lladdr ${MAC} STALE\n`;
      const last = { agent: 2, lease: 3, arp: 2 }[argv.at(-1) ?? ""] ?? 0;
      return ` eth0 ${MAC} ipv4 10.0.0.${last}/24\n`;
    });
    assert.deepEqual(await guestAddresses(host, "d", [MAC]), ["10.0.0.2", "10.0.0.3", "10.0.0.4"]);
  });
});
