import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { farmConfig } from "../../../cli/access/farm-config";
import { FarmNodes } from "../../../cli/access/farm-nodes";
import { parsePlace } from "../../../cli/access/copy";
import type { GuestAccessSpec } from "../../../cli/access/spec";
import type { HostConnectionSpec, HypervisorSpec } from "../../../hypervisor/spec";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q";
const SECRET = "not to be seen";

function hypervisor(name: string, connection: HostConnectionSpec): HypervisorSpec {
  return { name, uri: "qemu:///system", connection, diskPoolPath: "/pool", imageCachePath: "/cache" };
}

function guest(name: string, on: HypervisorSpec, address: string, port = 22): GuestAccessSpec {
  const connection = {
    type: "ssh" as const,
    address,
    port,
    user: "root",
    privateKey: SECRET,
    hostKeys: [KEY],
  };
  return {
    formatVersion: 1,
    stack: "s",
    name,
    domain: `s.${name}`,
    hypervisor: on,
    os: "linux",
    macs: [],
    connection,
  };
}

/** A guest of `on` as a hypervisor of its own. */
function inside(name: string, on: HypervisorSpec, address: string, port = 22): HypervisorSpec {
  const login = { address, port, user: "root", privateKey: SECRET, hostKeys: [KEY] };
  return hypervisor(`${name}-libvirt`, {
    type: "guest",
    guest: name,
    domain: `s.${name}`,
    hypervisor: on,
    ...login,
  });
}

/** What OpenSSH itself makes of the way to a machine: `user@host:port` and the machine before, from the end on. */
function way(config: string, alias: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), "gf-test-"));
  try {
    const file = join(folder, "config");
    writeFileSync(file, config);
    const steps: string[] = [];
    for (let next: string | undefined = alias; next !== undefined && steps.length < 9;) {
      const text: string = execFileSync("ssh", ["-G", "-F", file, "--", next], { encoding: "utf8" });
      const value = (key: string): string | undefined => new RegExp(`^${key} (.*)$`, "m").exec(text)?.[1];
      steps.push(`${value("user") ?? ""}@${value("hostname") ?? ""}:${value("port") ?? ""}`);
      next = value("proxyjump");
    }
    return steps;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const LOCAL = hypervisor("local", { type: "local" });
const RACK = hypervisor("rack", { type: "ssh", host: "rack1", user: "build", jump: ["me@bastion:2222"] });
const PATHS = { knownHosts: "/f/known_hosts" };
const lines = (text: string, start: RegExp) => text.split("\n").filter((line) => start.test(line.trim()));

describe("the OpenSSH configuration of a farm", () => {
  it("leads straight to a guest on this machine: a local hop vanishes", () => {
    const { config } = farmConfig([guest("web", LOCAL, "127.0.0.1", 2201)], PATHS);
    assert.deepEqual(way(config, "web"), ["root@127.0.0.1:2201"]);
  });

  it("leads over a guest on this machine to a guest in it", () => {
    const inner = inside("l1", LOCAL, "127.0.0.1", 2201);
    const { config } = farmConfig(
      [guest("l1", LOCAL, "127.0.0.1", 2201), guest("l2", inner, "10.0.0.2")],
      PATHS,
    );
    assert.deepEqual(way(config, "l2"), ["root@10.0.0.2:22", "root@127.0.0.1:2201"]);
    assert.deepEqual(lines(config, /^Host /), ["Host l1", "Host l2"]);
  });

  it("leads over the user's bastion, the hypervisor and a guest on it to a guest in that", () => {
    const inner = inside("l1", RACK, "192.168.7.2");
    const { config, knownHosts } = farmConfig([guest("l2", inner, "10.0.0.2")], PATHS);
    assert.deepEqual(
      config
        .split("\n")
        .filter((line) =>
          /^Host |^ {2}(HostName|Port|User|ProxyJump|ProxyCommand|UserKnownHostsFile) /.test(line),
        ),
      [
        "Host bastion",
        "  Port 2222",
        "  User me",
        "Host rack1",
        "  User build",
        "  ProxyJump bastion",
        "Host l1",
        "  HostName 192.168.7.2",
        "  Port 22",
        "  User root",
        "  UserKnownHostsFile /f/known_hosts",
        "  ProxyJump rack1",
        "Host l2",
        "  HostName 10.0.0.2",
        "  Port 22",
        "  User root",
        "  UserKnownHostsFile /f/known_hosts",
        "  ProxyJump l1",
      ],
    );
    assert.equal(knownHosts, `l1 ${KEY}\nl2 ${KEY}\n`);
  });

  it("checks hypervisors against the user's known hosts, guests against pinned keys, and accepts nobody else", () => {
    const { config } = farmConfig([guest("web", RACK, "10.0.0.3")], PATHS);
    assert.deepEqual(
      new Set(lines(config, /^StrictHostKeyChecking/).map((line) => line.trim())),
      new Set(["StrictHostKeyChecking yes"]),
    );
    const block = (name: string) =>
      config.split(/^Host /m).find((part) => part.startsWith(`${name}\n`)) ?? "";
    assert.doesNotMatch(block("rack1"), /KnownHostsFile/);
    assert.match(block("web"), /UserKnownHostsFile \/f\/known_hosts\n.*GlobalKnownHostsFile \/dev\/null/);
  });

  it("holds no secret", () => {
    const texts = farmConfig([guest("l2", inside("l1", LOCAL, "127.0.0.1"), "10.0.0.2")], PATHS);
    assert.ok(!JSON.stringify(texts).includes(SECRET));
  });

  it("asks the farm's agent only while there is one", () => {
    const folder = mkdtempSync(join(tmpdir(), "gf-test-"));
    try {
      const { config } = farmConfig([guest("web", LOCAL, "127.0.0.1")], {
        ...PATHS,
        agent: join(folder, "none"),
      });
      const file = join(folder, "config");
      writeFileSync(file, config);
      const text = execFileSync("ssh", ["-G", "-F", file, "web"], { encoding: "utf8" });
      assert.ok(!text.includes(join(folder, "none")));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("keeps machines of one name apart", () => {
    const other = hypervisor("other", { type: "ssh", host: "rack1", port: 2022 });
    const { config } = farmConfig([guest("a", RACK, "10.0.0.3"), guest("b", other, "10.0.0.3")], PATHS);
    assert.match(way(config, "b")[1] ?? "", /@rack1:2022$/);
    assert.match(way(config, "a")[1] ?? "", /^build@rack1:22$/);
  });

  it("says which guests it cannot lead to", () => {
    const agent: GuestAccessSpec = { ...guest("x", LOCAL, ""), connection: { type: "agent" } };
    assert.match(farmConfig([agent], PATHS).config, /^# x: is reached by its guest agent/m);
    assert.equal(new FarmNodes().guest(agent), null);
  });
});

describe("one side of a copy", () => {
  for (const [text, expected] of [
    ["web:/etc/hosts", { guest: "web", path: "/etc/hosts" }],
    ["./a:b", { guest: null, path: "./a:b" }],
    ["/x/a:b", { guest: null, path: "/x/a:b" }],
    ["VM debian:C:\\x", { guest: "VM debian", path: "C:\\x" }],
    ["plain", { guest: null, path: "plain" }],
  ] as const) {
    it(text, () => assert.deepEqual(parsePlace(text), expected));
  }
});
