import assert from "node:assert/strict";
import { digestInList } from "../../../hypervisor/images/sources/checksum-list";

const SHA256 = "a".repeat(63) + "1";
const OTHER = "b".repeat(64);
const SHA512 = "c".repeat(128);

describe("a vendor's list of checksums", () => {
  const cases: [string, string, string, "sha256" | "sha512", string | null][] = [
    ["coreutils, text mode", `${OTHER}  b.img\n${SHA256}  a.img\n`, "a.img", "sha256", SHA256],
    ["coreutils, binary mode", `${SHA256} *a.img`, "a.img", "sha256", SHA256],
    ["BSD", `SHA256 (b.img) = ${OTHER}\nSHA256 (a.img) = ${SHA256}`, "a.img", "sha256", SHA256],
    [
      "BSD with both algorithms",
      `SHA512 (a.img) = ${SHA512}\nSHA256 (a.img) = ${SHA256}`,
      "a.img",
      "sha512",
      SHA512,
    ],
    ["a bare digest", `${SHA256}\n`, "a.img", "sha256", SHA256],
    ["upper case", `${SHA256.toUpperCase()}  a.img`, "a.img", "sha256", SHA256],
    ["lines of Windows", `${SHA256}  a.img\r\n`, "a.img", "sha256", SHA256],
    ["a folder before the name", `${SHA256}  ./images/a.img`, "a.img", "sha256", SHA256],
    ["a name with spaces", `${SHA256}  a b.img`, "a b.img", "sha256", SHA256],
    [
      "comments and a signature around",
      `-----BEGIN\n# hi\n${SHA256}  a.img\n-----END`,
      "a.img",
      "sha256",
      SHA256,
    ],
    ["a name that only ends alike", `${SHA256}  xa.img`, "a.img", "sha256", null],
    ["a name that only begins alike", `${SHA256}  a.img.sig`, "a.img", "sha256", null],
    ["digests of another length", `${SHA512}  a.img`, "a.img", "sha256", null],
    ["a bare digest of another length", OTHER, "a.img", "sha512", null],
    ["a web page", "<html><body>404</body></html>", "a.img", "sha256", null],
    ["nothing", "", "a.img", "sha256", null],
  ];
  for (const [name, text, file, algorithm, expected] of cases) {
    it(`with ${name} gives ${expected === null ? "nothing" : "the digest"}`, () => {
      assert.equal(digestInList(text, file, algorithm), expected);
    });
  }
});
