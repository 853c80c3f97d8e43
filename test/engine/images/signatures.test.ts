import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SCRIPTS_FOLDER } from "../../../hypervisor/images/workshop";

const LIST = "0123  disk.img\n";
/** Both keys are made at this time; one that ends later has ended today. */
const THEN = "20200101T000000";

describe("the signature of a vendor's list", function () {
  this.timeout(60_000);
  let folder: string;
  const at = (name: string) => join(folder, name);
  const gpg = (...args: string[]) =>
    execFileSync(
      "gpg",
      [
        ...["--homedir", at("home"), "--batch", "--quiet", "--yes", "--faked-system-time", THEN],
        ...["--passphrase", "", "--pinentry-mode", "loopback", ...args],
      ],
      { stdio: ["ignore", "pipe", "ignore"], cwd: folder },
    );
  const sign = (key: string, way: string, output: string, ...more: string[]) =>
    gpg("--local-user", key, "--output", at(output), ...more, way, at("list"));

  before(function () {
    folder = mkdtempSync(join(tmpdir(), "signatures-"));
    mkdirSync(at("home"), { mode: 0o700 });
    writeFileSync(at("list"), LIST);
    for (const [name, ends] of [
      ["vendor", "never"],
      ["stranger", "never"],
      ["old", "30d"],
      ["revoked", "never"],
    ]) {
      gpg("--quick-gen-key", name!, "ed25519", "sign", ends!);
      sign(name!, "--clear-sign", `${name}.clear`);
      sign(name!, "--detach-sign", `${name}.sig`);
    }
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(
      gpg("--with-colons", "--list-keys", "revoked").toString(),
    )?.[1];
    // The certificate that lies ready has a colon, so that nobody uses it by mistake.
    const ready = at(`home/openpgp-revocs.d/${fingerprint ?? ""}.rev`);
    writeFileSync(at("revocation"), readFileSync(ready, "utf8").replace(":-----BEGIN", "-----BEGIN"));
    gpg("--import", at("revocation"));
    for (const name of ["vendor", "stranger", "old", "revoked"]) {
      writeFileSync(at(`${name}.key`), gpg("--armor", "--export", name));
    }
  });
  after(() => {
    execFileSync("gpgconf", ["--homedir", at("home"), "--kill", "all"]);
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is left of the list. @throws what the script says */
  const check = (list: string, signature: string | null, key: string): string => {
    copyFileSync(at(list), at("checked"));
    const detached = signature === null ? [] : [at(signature)];
    execFileSync("bash", [join(SCRIPTS_FOLDER, "signature.sh"), at("checked"), ...detached], {
      cwd: folder,
      input: readFileSync(at(key)),
      stdio: ["pipe", "pipe", "pipe"],
    });
    return readFileSync(at("checked"), "utf8");
  };
  const clear = (name: string) => readFileSync(at(`${name}.clear`), "utf8");

  it("is good by the vendor's key, detached and around the list", () => {
    assert.equal(check("list", "vendor.sig", "vendor.key"), LIST);
    assert.equal(check("vendor.clear", null, "vendor.key"), LIST);
  });

  it("covers nothing that stands around the signed text", () => {
    writeFileSync(at("around"), `6666  disk.img\n\n${clear("vendor")}\n6666  disk.img\n`);
    assert.equal(check("around", null, "vendor.key"), LIST);
  });

  it("is good beside one of somebody else", () => {
    gpg(
      "--local-user",
      "vendor",
      "--local-user",
      "stranger",
      "--output",
      at("two.sig"),
      "--detach-sign",
      at("list"),
    );
    assert.equal(check("list", "two.sig", "vendor.key"), LIST);
  });

  const refusals: [string, string, string | null, string, RegExp][] = [
    ["a packet without a signature", "unsigned", null, "vendor.key", /there is none/],
    ["a compressed packet without a signature", "packed", null, "vendor.key", /there is none/],
    ["a text", "list", null, "vendor.key", /there is none/],
    ["another key", "stranger.clear", null, "vendor.key", /made with another key/],
    ["another key, detached", "list", "stranger.sig", "vendor.key", /made with another key/],
    ["a key that has expired", "old.clear", null, "old.key", /has expired/],
    ["a key that has expired, detached", "list", "old.sig", "old.key", /has expired/],
    ["a key that was revoked", "revoked.clear", null, "revoked.key", /was revoked/],
    ["a signature that has expired", "list", "short.sig", "vendor.key", /signature has expired/],
    ["a digest that can be forged", "list", "sha1.sig", "vendor.key", /can be forged/],
    ["a changed list", "forged", null, "vendor.key", /does not fit/],
    ["another list", "other", "vendor.sig", "vendor.key", /does not fit/],
    ["no signature at all", "list", "list", "vendor.key", /there is none/],
    ["no key", "vendor.clear", null, "list", /key for the list of checksums cannot be used/],
  ];
  before(() => {
    gpg("--output", at("unsigned"), "--store", at("list"));
    gpg("--output", at("packed"), "--compress-algo", "zlib", "-z", "9", "--store", at("list"));
    sign("vendor", "--detach-sign", "short.sig", "--default-sig-expire", "10d");
    sign("vendor", "--detach-sign", "sha1.sig", "--digest-algo", "SHA1");
    writeFileSync(at("forged"), clear("vendor").replace("0123", "6666"));
    writeFileSync(at("other"), "6666  disk.img\n");
  });
  for (const [name, list, signature, key, reason] of refusals) {
    it(`is refused: ${name}`, () => {
      assert.throws(
        () => check(list, signature, key),
        (error: Error & { status?: number }) => {
          assert.equal(error.status, 65, error.message);
          assert.match(error.message, reason);
          return true;
        },
      );
    });
  }
});
