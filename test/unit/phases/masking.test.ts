import assert from "node:assert/strict";
import { maskerFor, maskText } from "../../../phases/masking";

const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACDVf7vT0vPp0hdmnLQ
-----END OPENSSH PRIVATE KEY-----
`;

/** The text after masking, cut into pieces of every size up to `size`. */
function inPieces(text: string, secrets: readonly string[], size: number): string {
  const masker = maskerFor(secrets)();
  const bytes = Buffer.from(text);
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) out.push(masker.write(bytes.subarray(at, at + size)));
  return Buffer.concat([...out, masker.end()]).toString();
}

describe("masking", () => {
  it("hides a secret wherever the chunks break", () => {
    for (let size = 1; size < 20; size++) {
      assert.equal(inPieces("a hunter2hunter2 b hunter", ["hunter2"], size), "a ****** b hunter");
    }
  });

  it("leaves text without secrets as it is, to the byte", () => {
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    const masker = maskerFor(["hunter2"])();
    assert.deepEqual(Buffer.concat([masker.write(bytes), masker.end()]), bytes);
    assert.equal(maskText("anything", []), "anything");
  });

  const value = "s3cret/+ä?&'\"x y";
  const forms: Record<string, string> = {
    "as it is": value,
    "in a URL": encodeURIComponent(value),
    "in a form": encodeURIComponent(value).replaceAll("%20", "+"),
    "in a URL of lower-case escapes": encodeURIComponent(value).replace(/%../g, (e) => e.toLowerCase()),
    "in JSON": JSON.stringify(value).slice(1, -1),
    "as hexadecimal": Buffer.from(value).toString("hex"),
    "quoted for a shell": value.replaceAll("'", "'\\''"),
    "quoted for PowerShell": value.replaceAll("'", "''"),
  };
  for (const [how, text] of Object.entries(forms)) {
    it(`hides a secret ${how}`, () => assert.equal(maskText(`<${text}>`, [value]), "<***>"));
  }

  it("hides a secret in base64 at every offset, all but what it shares with its neighbours", () => {
    for (const before of ["", "a", "ab", "abc", "user:"]) {
      for (const after of ["", "x", "xy"]) {
        for (const encoding of ["base64", "base64url"] as const) {
          const encoded = Buffer.from(before + value + after).toString(encoding);
          const masked = maskText(encoded, [value]);
          assert.match(masked, /^.*\*\*\*.*$/);
          assert.ok(masked.replace("***", "").length <= 14, `${encoded} -> ${masked}`);
        }
      }
    }
  });

  it("hides long secrets in base64 that is broken into lines", () => {
    const encoded = Buffer.from(KEY).toString("base64");
    for (const width of [64, 76]) {
      const lines = encoded.replace(new RegExp(`.{${width}}`, "g"), "$&\n");
      assert.equal(maskText(lines, [KEY]).replace(/[*\n=]/g, "").length <= 8, true, maskText(lines, [KEY]));
    }
  });

  it("hides every telling line of a secret of many lines", () => {
    const [, second = "", third = ""] = KEY.split("\n");
    assert.equal(maskText(`x ${third} y`, [KEY]), "x *** y");
    assert.equal(maskText(`${second}\r\n`, [KEY]), "***\r\n");
    assert.equal(maskText(KEY.replaceAll("\n", "\r\n"), [KEY]).includes("b3Blbn"), false);
  });

  it("hides all of secrets that overlap", () => {
    for (let size = 1; size < 12; size++) {
      assert.equal(inPieces("-abcdefgh-", ["abcde", "defgh"], size), "-***-", `pieces of ${size}`);
      assert.equal(inPieces("-abcdefgh-", ["cde", "abcdefgh"], size), "-***-", `pieces of ${size}`);
    }
  });

  it("keeps back no more than a secret's length, however long it repeats", () => {
    const masker = maskerFor(["aaaa"])();
    let shown = 0;
    for (let n = 0; n < 1000; n++) shown += masker.write(Buffer.alloc(1000, "a")).length;
    assert.ok(shown < 1000 * 8, "the mask is shown once, not for every letter");
    assert.equal(masker.end().toString().includes("a"), false);
  });

  it("leaves secrets that are too short to hide, and blanks", () => {
    assert.equal(maskText("a b  c", ["", " ", "  ", "ab", "b"]), "a b  c");
  });

  it("hides a secret without the blanks around it", () => {
    assert.equal(maskText("token=hunter2;", ["hunter2\n"]), "token=***;");
  });

  it("gets through 100 MB in little time and memory", function () {
    this.timeout(20_000);
    const masker = maskerFor([KEY, "hunter2", value])();
    const chunk = Buffer.alloc(1 << 20, "The quick brown fox jumps over the lazy dog, said hunter1.\n");
    const before = process.memoryUsage().rss;
    const started = Date.now();
    let bytes = 0;
    for (let n = 0; n < 100; n++) bytes += masker.write(chunk).length;
    assert.equal(bytes + masker.end().length, 100 << 20);
    assert.ok(process.memoryUsage().rss - before < 200 << 20, "memory");
    assert.ok(Date.now() - started < 15_000, "time");
  });
});
