import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { type SeedContent, seedFiles } from "../../../hypervisor/images/seed";
import { generateKeyPair } from "../../../hypervisor/images/ssh-keys";

const hostKey = generateKeyPair("guest");
const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILEH0N4AWBJtfxnC64AR7aiN/zGgYzv1oxR/gCquFaIc me@host";
const HASH = "$6$salt$hash/with.dots";

const content: SeedContent = {
  hostname: "web-1",
  instanceId: "farm-web-1",
  users: [
    { name: "debian", keys: [KEY], passwordHash: HASH, sudo: true, shell: "/bin/bash", groups: ["adm"] },
    { name: "plain", keys: [], passwordHash: undefined, sudo: false, shell: undefined, groups: [] },
  ],
  hostKey,
  cards: [
    { mac: "52:54:00:aa:00:01", address: undefined },
    { mac: "52:54:00:aa:00:02", address: "10.0.0.21/24" },
  ],
  packages: [],
  files: [],
  commands: [],
  growpart: true,
  timezone: undefined,
  network: undefined,
  userData: undefined,
};

const seed = (change: Partial<SeedContent> = {}) => seedFiles({ ...content, ...change });
const userData = (change: Partial<SeedContent> = {}) =>
  parse(seed(change)["user-data"]!) as Record<string, unknown> & { users: Record<string, unknown>[] };

describe("a seed for cloud-init", () => {
  it("begins with what cloud-init looks for", () => {
    assert.ok(seed()["user-data"]!.startsWith("#cloud-config\n"));
  });

  it("names the machine", () => {
    assert.deepEqual(parse(seed()["meta-data"]!), { "instance-id": "farm-web-1", "local-hostname": "web-1" });
  });

  it("has keys and hashed passwords together", () => {
    assert.deepEqual(userData().users, [
      {
        name: "debian",
        ssh_authorized_keys: [KEY],
        hashed_passwd: HASH,
        lock_passwd: false,
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        shell: "/bin/bash",
        groups: ["adm"],
      },
      { name: "plain", lock_passwd: true },
    ]);
  });

  it("lets passwords in only when somebody has one", () => {
    assert.equal(userData().ssh_pwauth, true);
    assert.equal(userData({ users: [content.users[1]!] }).ssh_pwauth, false);
  });

  it("brings the host key unchanged", () => {
    assert.deepEqual(userData().ssh_keys, {
      ed25519_private: hostKey.privateKey,
      ed25519_public: hostKey.publicKey,
    });
  });

  it("lets root in only when root is a user", () => {
    assert.equal(userData().disable_root, true);
    assert.equal(userData({ users: [{ ...content.users[1]!, name: "root" }] }).disable_root, false);
  });

  it("finds network cards by their addresses", () => {
    const config = parse(seed()["network-config"]!) as {
      version: number;
      ethernets: Record<string, unknown>;
    };
    assert.equal(config.version, 2);
    assert.deepEqual(Object.values(config.ethernets), [
      { match: { macaddress: "52:54:00:aa:00:01" }, dhcp4: true, "dhcp-identifier": "mac" },
      { match: { macaddress: "52:54:00:aa:00:02" }, addresses: ["10.0.0.21/24"] },
    ]);
  });

  it("takes the user's own files instead", () => {
    const files = seed({ userData: "#!/bin/sh\ntrue\n", network: { version: 2, ethernets: {} } });
    assert.equal(files["user-data"], "#!/bin/sh\ntrue\n");
    assert.deepEqual(parse(files["network-config"]!), { version: 2, ethernets: {} });
  });

  it("has the guest trust what it knows from its first boot, when the seed is out", () => {
    const [file] = userData().write_files as { path: string; content: string }[];
    assert.ok(file);
    assert.match(file.path, /^\/etc\/cloud\/cloud\.cfg\.d\/.*\.cfg$/);
    assert.deepEqual(parse(file.content), { manual_cache_clean: true });
  });

  it("has it trust that with the user's own data of any kind too, by a hook that runs beside it", () => {
    assert.equal(seed()["vendor-data"], undefined);
    const root = mkdtempSync(join(tmpdir(), "gf-vendor-"));
    try {
      const script = seed({ userData: "#!/bin/sh\ntrue\n" })["vendor-data"] ?? "";
      assert.match(script, /^#cloud-boothook\n#!\/bin\/sh\n/);
      const inside = script.replaceAll("/etc/cloud", `${root}/etc/cloud`);
      execFileSync("sh", ["-eu", "-c", inside]);
      const [name, ...others] = readdirSync(join(root, "etc/cloud/cloud.cfg.d"));
      assert.match(name ?? "", /\.cfg$/);
      assert.deepEqual(others, []);
      const written = readFileSync(join(root, "etc/cloud/cloud.cfg.d", name ?? ""), "utf8");
      assert.deepEqual(parse(written), { manual_cache_clean: true });
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("asks for packages, files and commands only when there are some", () => {
    for (const key of ["packages", "runcmd", "timezone"]) assert.ok(!(key in userData()), key);
    const full = userData({
      packages: ["gcc"],
      files: [{ path: "/etc/a", content: "x: '1'\n", mode: "0600", owner: "debian" }],
      commands: ['echo "a: b"'],
      timezone: "Europe/Rome",
    });
    assert.deepEqual(full.packages, ["gcc"]);
    assert.deepEqual((full.write_files as unknown[]).slice(1), [
      { path: "/etc/a", content: "x: '1'\n", permissions: "0600", owner: "debian" },
    ]);
    assert.deepEqual(full.runcmd, ['echo "a: b"']);
    assert.equal(full.timezone, "Europe/Rome");
  });
});

describe("a seed for guests without cloud-init", () => {
  it("says the same in plain text", () => {
    const files = seed({
      users: [{ ...content.users[0]!, name: "root", keys: [KEY, `${KEY}2`] }, content.users[1]!],
    });
    assert.equal(files["guest-farm/hostname"], "web-1\n");
    assert.equal(files["guest-farm/ssh_host_ed25519_key"], hostKey.privateKey);
    assert.equal(files["guest-farm/authorized_keys"], `${KEY}\n${KEY}2\n`);
    assert.equal(files["guest-farm/users"], `root:${HASH}:/bin/bash:${KEY},${KEY}2\nplain:::\n`);
    assert.equal(files["guest-farm/network"], "52:54:00:aa:00:02 10.0.0.21/24\n");
  });

  it("has no first boot script without work for it", () => {
    assert.ok(!("guest-farm/first-boot.sh" in seed()));
  });

  it("writes files of any name and content, then runs the commands", () => {
    const folder = mkdtempSync(join(tmpdir(), "seed-"));
    try {
      const path = join(folder, "a b", "it's $(here)");
      const text = "line 1\n'quotes' \"and\" $HOME `x` \\ ünï";
      const script = seed({ files: [{ path, content: text, mode: "0640" }], commands: ["echo done"] });
      const output = execFileSync("sh", ["-s"], {
        input: script["guest-farm/first-boot.sh"],
        encoding: "utf8",
      });
      assert.equal(output, "done\n");
      assert.equal(readFileSync(path, "utf8"), text);
      assert.equal(statSync(path).mode & 0o777, 0o640);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
