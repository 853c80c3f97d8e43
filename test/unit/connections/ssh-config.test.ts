import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pinnedKnownHosts, sshConfig } from "../../../connections/ssh/config";
import { describeNode, nodesOfHost, parseJump, type SshNode } from "../../../connections/ssh/node";
import { UserError } from "../../../definitions/user-error";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q";
const PATHS = { pinnedKnownHosts: "/x y/known_hosts" };
const GUEST: SshNode = {
  alias: "guest",
  hostName: "127.0.0.1",
  port: 2201,
  user: "root",
  hostKeys: [KEY],
  identityAgent: "/x y/agent",
};

/** What OpenSSH itself makes of a configuration, by lower-case keyword. */
function understood(config: string, alias: string): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "gf-test-"));
  try {
    const file = join(folder, "config");
    writeFileSync(file, config);
    const text = execFileSync("ssh", ["-G", "-F", file, "--", alias], { encoding: "utf8" });
    return new Map(
      text.split("\n").map((line) => [line.split(" ")[0] ?? "", line.slice(line.indexOf(" ") + 1)]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the OpenSSH configuration", () => {
  it("of a guest with a pinned key", () => {
    assert.equal(
      sshConfig([GUEST], PATHS),
      `Host guest
  HostName 127.0.0.1
  Port 2201
  User root
  StrictHostKeyChecking yes
  UpdateHostKeys no
  CheckHostIP no
  VerifyHostKeyDNS no
  HostKeyAlias guest
  UserKnownHostsFile "/x y/known_hosts"
  GlobalKnownHostsFile /dev/null
  IdentityFile none
  IdentityAgent "/x y/agent"
  BatchMode yes
  PasswordAuthentication no
  KbdInteractiveAuthentication no
  ProxyCommand none
  ControlMaster no
  ControlPath none
  KexAlgorithms ^curve25519-sha256,curve25519-sha256@libssh.org
  GSSAPIAuthentication no
  ConnectTimeout 20
  ConnectionAttempts 1
  ServerAliveInterval 10
  ServerAliveCountMax 4
  ForwardAgent no
  ForwardX11 no
  ClearAllForwardings yes
  PermitLocalCommand no
  RemoteCommand none
  RequestTTY auto
  EscapeChar none
  LogLevel ERROR
`,
    );
  });

  it("of a chain of jumps, with a shared control path", () => {
    const nodes: SshNode[] = [
      { alias: "bastion", user: "me", userConfig: true },
      {
        alias: "rack1",
        port: 2222,
        jump: "bastion",
        identityFile: "/keys/id",
        knownHostsFile: "/keys/hosts",
      },
      { ...GUEST, jump: "rack1" },
    ];
    const config = sshConfig(nodes, { ...PATHS, controlPath: "/run/gf/%C" });
    assert.equal(understood(config, "guest").get("proxyjump"), "rack1");
    assert.equal(understood(config, "rack1").get("proxyjump"), "bastion");
    assert.equal(understood(config, "rack1").get("identityfile"), "/keys/id");
    assert.equal(understood(config, "rack1").get("identitiesonly"), "yes");
    assert.equal(understood(config, "rack1").get("userknownhostsfile"), "/keys/hosts");
    assert.equal(understood(config, "bastion").get("user"), "me");
    assert.match(understood(config, "guest").get("controlpath") ?? "", /^\/run\/gf\/[0-9a-f]{40}$/);
    assert.equal(understood(config, "guest").get("controlmaster"), "auto");
    for (const alias of ["bastion", "rack1", "guest"]) {
      assert.match(understood(config, alias).get("stricthostkeychecking") ?? "", /^(yes|true)$/, alias);
    }
  });

  it("asks for a password only where there is one", () => {
    const byPassword = understood(sshConfig([{ alias: "h", password: true }], PATHS), "h");
    assert.equal(byPassword.get("batchmode"), "no");
    assert.equal(byPassword.get("pubkeyauthentication"), "false");
    assert.equal(byPassword.get("numberofpasswordprompts"), "1");
    const both = understood(sshConfig([{ ...GUEST, password: true }], PATHS), "guest");
    assert.equal(both.get("preferredauthentications"), "publickey,password,keyboard-interactive");
  });

  it("means what it says for paths and users with odd characters", () => {
    const odd = `/a b/%d "q" \\ $(x) 'y'/agent`;
    const config = sshConfig([{ ...GUEST, user: "DOMAIN\\me you", identityAgent: odd }], PATHS);
    assert.equal(understood(config, "guest").get("user"), "DOMAIN\\me you");
    assert.equal(understood(config, "guest").get("identityagent")?.replaceAll("%%", "%"), odd);
  });

  for (const name of [
    "",
    "a b",
    "*",
    "a?",
    "!x",
    "a,b",
    "-oProxyCommand=x",
    "a\nb",
    "#x",
    '"x"',
    "a'b",
    "a\\b",
  ]) {
    it(`refuses a machine named ${JSON.stringify(name)}`, () => {
      assert.throws(() => sshConfig([{ alias: name }], PATHS), UserError);
    });
  }

  for (const text of ["a\nProxyCommand x", "a\rb", "a\0b", "", "\u007f"]) {
    it(`refuses ${JSON.stringify(text)} as a value`, () => {
      assert.throws(() => sshConfig([{ ...GUEST, user: text }], PATHS), UserError);
      assert.throws(() => sshConfig([{ ...GUEST, hostName: text }], PATHS), UserError);
      assert.throws(() => sshConfig([{ alias: "h", identityFile: text }], PATHS), UserError);
    });
  }
});

describe("pinned host keys", () => {
  it("are one line each, without comments", () => {
    const nodes = [{ ...GUEST, hostKeys: [`${KEY} root@x`, "ecdsa-sha2-nistp256 AAAA"] }, { alias: "other" }];
    assert.equal(pinnedKnownHosts(nodes), `guest ${KEY}\nguest ecdsa-sha2-nistp256 AAAA\n`);
  });

  for (const key of [
    "",
    "AAAA",
    "ssh-ed25519",
    `${KEY}\n* ${KEY}`,
    "@cert-authority x y",
    "ssh-ed25519 not!base64",
  ]) {
    it(`refuses ${JSON.stringify(key.slice(0, 24))}`, () => {
      assert.throws(() => pinnedKnownHosts([{ ...GUEST, hostKeys: [key] }]), UserError);
    });
  }
});

describe("machines on the way", () => {
  it("are read from [user@]host[:port]", () => {
    assert.deepEqual(parseJump("rack1"), { host: "rack1" });
    assert.deepEqual(parseJump("me@rack1:2222"), { user: "me", host: "rack1", port: 2222 });
    assert.deepEqual(parseJump("[fe80::1%eth0]:22"), { host: "fe80::1%eth0", port: 22 });
  });

  for (const text of [
    "",
    "a b",
    "rack1:",
    "rack1:0",
    "rack1:70000",
    "@rack1",
    "-oX",
    "a@b@c",
    "x:y",
    "rack1,rack2",
  ]) {
    it(`are not read from ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseJump(text), UserError);
    });
  }

  it("are each behind the one before", () => {
    const nodes = nodesOfHost({ type: "ssh", host: "rack1", user: "me", jump: ["a", "u@b:22"] });
    assert.deepEqual(
      nodes.map(({ alias, jump }) => [alias, jump]),
      [
        ["a", undefined],
        ["b", "a"],
        ["rack1", "b"],
      ],
    );
  });

  it("have a name of their own where a key is pinned: the user's known hosts may know another", () => {
    const nodes = nodesOfHost({ type: "ssh", host: "rack1", hostKey: KEY });
    const config = sshConfig(nodes, PATHS);
    assert.equal(understood(config, "pinned-rack1").get("hostname"), "rack1");
    assert.equal(understood(config, "pinned-rack1").get("hostkeyalias"), "pinned-rack1");
    assert.ok(!config.includes("Include"));
  });

  it("are described as people write them", () => {
    assert.equal(describeNode(GUEST), "root@127.0.0.1:2201");
    assert.equal(describeNode({ alias: "x", hostName: "fe80::1", port: 22 }), "[fe80::1]:22");
    assert.equal(describeNode({ alias: "rack1" }), "rack1");
  });
});
