import assert from "node:assert/strict";
import { listAlgorithm } from "../../../definitions/images";
import { findInList } from "../../../hypervisor/images/sources/checksum-list";

const SHA256 = "a".repeat(63) + "1";
const OTHER = "b".repeat(64);
const SHA512 = "c".repeat(128);
const SHA1 = "d".repeat(40);

/** The list is of the algorithm that its name says, unless a test says otherwise. */
function find(text: string, file = "a.img", algorithm: "sha256" | "sha512" = "sha256", more: object = {}) {
  const manifest = { url: `https://x/${algorithm.toUpperCase()}SUMS`, file, algorithm, ...more };
  const answer = findInList(text, manifest, `https://x/images/${file}`);
  return "digest" in answer ? answer.digest : answer;
}

describe("a vendor's list of checksums", () => {
  const cases: [string, string, string, "sha256" | "sha512", string][] = [
    ["coreutils, text mode", `${OTHER}  b.img\n${SHA256}  a.img\n`, "a.img", "sha256", SHA256],
    ["coreutils, binary mode", `${SHA256} *a.img`, "a.img", "sha256", SHA256],
    ["coreutils, a name with a backslash", `\\${SHA256}  a\\\\b.img`, "a\\b.img", "sha256", SHA256],
    ["BSD", `SHA256 (b.img) = ${OTHER}\nSHA256 (a.img) = ${SHA256}`, "a.img", "sha256", SHA256],
    [
      "BSD, two algorithms",
      `SHA512 (a.img) = ${SHA512}\nSHA256 (a.img) = ${SHA256}`,
      "a.img",
      "sha512",
      SHA512,
    ],
    ["OpenSSL 3", `SHA2-256(a.img)= ${SHA256}`, "a.img", "sha256", SHA256],
    ["OpenSSL 1", `SHA256(a.img)= ${SHA256}`, "a.img", "sha256", SHA256],
    ["a column for the size", `${SHA256} 4096 a.img`, "a.img", "sha256", SHA256],
    ["a name that begins with a number", `${SHA256}  12 a.img`, "12 a.img", "sha256", SHA256],
    ["the name first", `a.img: ${SHA256}`, "a.img", "sha256", SHA256],
    ["a bare digest", `${SHA256}\n`, "a.img", "sha256", SHA256],
    ["upper case", `${SHA256.toUpperCase()}  a.img`, "a.img", "sha256", SHA256],
    ["lines of Windows", `${SHA256}  a.img\r\n`, "a.img", "sha256", SHA256],
    ["a byte order mark", `\ufeff${SHA256}  a.img\n`, "a.img", "sha256", SHA256],
    ["a folder before the name", `${SHA256}  ./images/a.img`, "a.img", "sha256", SHA256],
    ["a name with spaces", `${SHA256}  a b.img`, "a b.img", "sha256", SHA256],
    ["comments around", `-----BEGIN\n# hi\n${SHA256}  a.img\n-----END`, "a.img", "sha256", SHA256],
    ["the other algorithm than its name says", `${SHA512}  a.img`, "a.img", "sha256", SHA512],
    ["its algorithm, whatever else is there", `${SHA1}  a.img\n${SHA256}  a.img`, "a.img", "sha256", SHA256],
    ["the folder of the address", `${OTHER}  old/a.img\n${SHA256}  images/a.img`, "a.img", "sha256", SHA256],
    [
      "no folder, where others are elsewhere",
      `${OTHER}  old/a.img\n${SHA256}  a.img`,
      "a.img",
      "sha256",
      SHA256,
    ],
    ["the folder that was asked for", `${OTHER}  x/a.img\n${SHA256}  y/a.img`, "y/a.img", "sha256", SHA256],
    ["the name before a query", `${SHA256}  a.img`, "a.img?download=1", "sha256", SHA256],
    ["the name that the address means", `${SHA256}  a+b c.img`, "a%2Bb%20c.img", "sha256", SHA256],
    ["the name as the address has it", `${SHA256}  a%2Bb.img`, "a%2Bb.img", "sha256", SHA256],
  ];
  for (const [name, text, file, algorithm, expected] of cases) {
    it(`gives the digest: ${name}`, () => assert.equal(find(text, file, algorithm), expected));
  }

  for (const order of ["utf16le", "utf16be"]) {
    it(`gives the digest: ${order}, with its mark`, () => {
      const bytes = Buffer.from(`\ufeff${OTHER}  b.img\r\n${SHA256}  a.img\r\n`, "utf16le");
      assert.equal(find((order === "utf16be" ? bytes.swap16() : bytes).toString("utf8")), SHA256);
    });
  }

  const refusals: [string, string, object, RegExp][] = [
    ["a name that only ends alike", `${SHA256}  xa.img`, {}, /^sha256 of xa\.img$/],
    ["a name that only begins alike", `${SHA256}  a.img.sig`, {}, /^sha256 of a\.img\.sig$/],
    ["weak algorithms", `${SHA1}  a.img\nMD5 (a.img) = ${"e".repeat(32)}`, {}, /^its sha1, md5$/],
    ["algorithms of the same length", `SHA3-256(a.img)= ${SHA256}`, {}, /^its sha3-256$/],
    [
      "another algorithm than was asked for",
      `${SHA256}  a.img`,
      { algorithm: "sha512", url: "https://x/CHECKSUM" },
      /^its sha256$/,
    ],
    ["a digest that was cut", `SHA256 (a.img) = ${SHA256.slice(1)}`, {}, /^no digests/],
    ["several folders", `${OTHER}  x/a.img\n${SHA256}  y/a.img`, {}, /^several lines: x\/a\.img, y\/a\.img$/],
    [
      "many other files",
      [1, 2, 3, 4, 5, 6, 7].map((n) => `${SHA256}  ${n}.img`).join("\n"),
      {},
      /1\.img, 2\.img.* and 2 more$/,
    ],
    ["a web page", "<html><body>404</body></html>", {}, /begins with: <html>/],
    ["nothing", "", {}, /^an empty file$/],
  ];
  for (const [name, text, more, found] of refusals) {
    it(`is told what is there instead: ${name}`, () => {
      const answer = find(text, "a.img", "sha256", more);
      assert.ok(typeof answer === "object", "a digest was found");
      assert.match(answer.found, found);
      assert.notEqual(answer.remedy, "");
    });
  }
});

describe("the algorithm of a list", () => {
  const names: [string, "sha256" | "sha512"][] = [
    ["SHA512SUMS", "sha512"],
    ["SHA256SUMS", "sha256"],
    ["image-20250512.SHA256SUM", "sha256"],
    ["image-20250512.sha-256", "sha256"],
    ["a.qcow2.sha512", "sha512"],
    ["checksums.512", "sha512"],
    ["CHECKSUM", "sha256"],
  ];
  for (const [name, expected] of names) {
    it(`is ${expected} for ${name}`, () => assert.equal(listAlgorithm(`https://x/512/${name}`), expected));
  }
});
