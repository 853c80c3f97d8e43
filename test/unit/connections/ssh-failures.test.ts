import { strict as assert } from "node:assert";
import { endsWithPrompt, escalatedArgv, wantsTerminal } from "../../../connections/ssh/escalation";
import { explainSshFailure, isMultiplexFailure } from "../../../connections/ssh/failures";

const CHANGED = `@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
The fingerprint for the ED25519 key sent by the remote host is
SHA256:7L+qeXU9Ht4/mL1RvM2m3Oqxm5s/OMNiBmCCFesRlWo.
Host key for guest has changed and you have requested strict checking.
Host key verification failed.\r
`;

describe("ssh's last words", () => {
  it("tell another host key, whose and which", () => {
    assert.deepEqual(explainSshFailure(CHANGED), {
      kind: "host key",
      machine: "guest",
      reason: "its key is SHA256:7L+qeXU9Ht4/mL1RvM2m3Oqxm5s/OMNiBmCCFesRlWo",
    });
  });

  it("tell a host key that nobody knows", () => {
    const words =
      "No ED25519 host key is known for rack1 and you have requested strict checking.\r\nHost key verification failed.\r\n";
    const reason = "no ED25519 key is known for it";
    assert.deepEqual(explainSshFailure(words), { kind: "host key", machine: "rack1", reason });
  });

  it("tell a refused login", () => {
    const failure = explainSshFailure("me@x: Permission denied (publickey,password).\r\n");
    assert.deepEqual(failure, {
      kind: "login refused",
      reason: "me@x: Permission denied (publickey,password).",
    });
  });

  for (const words of [
    "ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n",
    "ssh: connect to host x port 22: No route to host",
    "ssh: Could not resolve hostname nope: Name or service not known",
    "Timeout, server 127.0.0.1 not responding.",
  ]) {
    it(`tell a machine out of reach: ${words.trim().slice(0, 60)}`, () => {
      const failure = explainSshFailure(words);
      assert.equal(failure.kind, "unreachable");
      assert.ok(!/[\r\n]/.test(failure.reason));
    });
  }

  for (const words of [
    "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 127.0.0.1 port 22\r\n",
    "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.0.0.1 port 22\r\n",
    "Connection closed by 10.0.0.7 port 22",
    "ssh_exchange_identification: Exceeded MaxStartups",
  ]) {
    it(`tell a server that let go of the connection: ${words.trim().slice(0, 60)}`, () => {
      assert.equal(explainSshFailure(words).kind, "dropped");
    });
  }

  for (const words of [
    "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\n",
    "Stdio forwarding request failed: Session open refused by peer\r\n",
  ]) {
    it(`do not take a jump host that cannot go on for that: ${words.slice(0, 40)}`, () => {
      const end = "kex_exchange_identification: Connection closed by remote host\r\n";
      assert.notEqual(explainSshFailure(words + end).kind, "dropped");
    });
  }

  it("are kept short, without noise, and never empty", () => {
    const noise =
      "debug1: x\nWarning: Permanently added 'x'\n** post-quantum\nline 1\nline 2\nline 3\nline 4\n\n";
    assert.equal(explainSshFailure(noise).reason, "line 2; line 3; line 4");
    assert.equal(explainSshFailure("").reason, "ssh gave no reason");
  });

  it("of a shared link are told from a program's own", () => {
    assert.ok(isMultiplexFailure("mux_client_request_session: read from master failed: Broken pipe"));
    assert.ok(isMultiplexFailure("Connection closed by UNKNOWN port 65535"));
    assert.ok(!isMultiplexFailure("curl: connection closed"));
  });
});

describe("escalation", () => {
  const argv = ["sh", "-c", "echo 'a b'"];

  it("runs sudo with a prompt that nothing else prints", () => {
    const escalation = { user: "root", method: "sudo", password: "secret" } as const;
    const result = escalatedArgv(escalation, "MARK", argv);
    assert.deepEqual(result, [
      "sudo",
      "-S",
      "-p",
      "MARK password wanted\n",
      "-H",
      "-u",
      "root",
      "--",
      ...argv,
    ]);
    assert.ok(!result.join(" ").includes("secret"));
  });

  it("asks nothing where there is no password", () => {
    assert.deepEqual(escalatedArgv({ user: "u", method: "sudo" }, "M", argv).slice(0, 2), ["sudo", "-n"]);
    assert.deepEqual(escalatedArgv({ user: "u", method: "doas" }, "M", argv).slice(0, 2), ["doas", "-n"]);
  });

  it("gives su one quoted command", () => {
    assert.deepEqual(escalatedArgv({ user: "u", method: "su", password: "x" }, "M", argv), [
      "su",
      "u",
      "-c",
      `exec sh -c 'echo '\\''a b'\\'''`,
    ]);
  });

  it("gives su a shell where it takes one: the user's own may let nobody in", () => {
    assert.deepEqual(escalatedArgv({ user: "u", method: "su", suShell: "/bin/sh" }, "M", ["id"]), [
      "su",
      "u",
      "-s",
      "/bin/sh",
      "-c",
      "exec id",
    ]);
  });

  it("knows prompts", () => {
    for (const text of ["Password: ", "Password:", "doas (me@host) password: ", "x\r\nPassword for root: "]) {
      assert.ok(endsWithPrompt(text), text);
    }
    for (const text of ["", "Password: su: Authentication failure\n", "the password is: x", "done"]) {
      assert.ok(!endsWithPrompt(text), text);
    }
  });

  it("knows tools that want a terminal", () => {
    assert.ok(wantsTerminal("su: must be run from a terminal"));
    assert.ok(wantsTerminal("sudo: sorry, you must have a tty to run sudo"));
    assert.ok(wantsTerminal("doas: a tty is required"));
    assert.ok(!wantsTerminal("su: Authentication failure"));
  });
});
