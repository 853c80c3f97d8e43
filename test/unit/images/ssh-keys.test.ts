import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fingerprint, generateKeyPair } from "../../../hypervisor/images/ssh-keys";

describe("ssh keys", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "keys-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const comment of ["", "a", "ab", "guest-farm", "web server 1", "ünï", "1234567", "12345678"]) {
    it(`are read by ssh-keygen, comment "${comment}"`, () => {
      const pair = generateKeyPair(comment);
      const file = join(folder, "key");
      writeFileSync(file, pair.privateKey, { mode: 0o600 });
      writeFileSync(`${file}.pub`, `${pair.publicKey}\n`);
      const derived = execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim();
      const [type, key] = pair.publicKey.split(" ");
      assert.deepEqual(derived.split(" ").slice(0, 2), [type, key]);
      const listed = execFileSync("ssh-keygen", ["-l", "-f", `${file}.pub`], { encoding: "utf8" });
      assert.equal(listed.split(" ")[1], fingerprint(pair.publicKey));
    });
  }

  it("sign and verify", () => {
    const pair = generateKeyPair("signer");
    const file = join(folder, "key");
    writeFileSync(file, pair.privateKey, { mode: 0o600 });
    writeFileSync(join(folder, "allowed"), `me ${pair.publicKey}\n`);
    writeFileSync(join(folder, "data"), "payload");
    execFileSync("ssh-keygen", ["-q", "-Y", "sign", "-f", file, "-n", "test", join(folder, "data")], {
      stdio: "pipe",
    });
    const verify = (input: string) =>
      execFileSync(
        "ssh-keygen",
        [
          "-Y",
          "verify",
          "-f",
          join(folder, "allowed"),
          "-I",
          "me",
          "-n",
          "test",
          "-s",
          join(folder, "data.sig"),
        ],
        { input, stdio: ["pipe", "pipe", "pipe"] },
      );
    verify("payload");
    assert.throws(() => verify("another payload"));
  });

  it("differ each time", () => {
    assert.notEqual(generateKeyPair("a").privateKey, generateKeyPair("a").privateKey);
  });

  it("refuse a comment that would add a line", () => {
    assert.throws(() => generateKeyPair("a\nssh-ed25519 AAAA"), /one line/);
  });

  it("fingerprint refuses what is no public key", () => {
    assert.throws(() => fingerprint("ssh-ed25519"), /public key line/);
  });
});
