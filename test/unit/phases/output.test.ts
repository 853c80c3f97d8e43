import assert from "node:assert/strict";
import { LastLines } from "../../../phases/steps/last-lines";
import { printableLine } from "../../../connections/printable";

describe("a line that can be shown", () => {
  const lines: [line: string, shown: string][] = [
    ["plain", "plain"],
    ["\u001b[1;31mred\u001b[0m and \u001b]0;title\u0007rest", "red and rest"],
    [" 10%\r 50%\r100%", "100%"],
    ["windows\r", "windows"],
    ["a\tb", "a  b"],
    ["\u0000\u0001bin\u007f", "..bin."],
    ["bad \ufffd bytes  ", "bad . bytes"],
    ["", ""],
    ["é ✓ 日本", "é ✓ 日本"],
  ];
  for (const [line, shown] of lines) {
    it(`is ${JSON.stringify(shown)} of ${JSON.stringify(line)}`, () =>
      assert.equal(printableLine(line), shown));
  }

  it("is never longer than allowed", () => {
    assert.equal(printableLine("x".repeat(1000), 10), "xxxxxxx...");
  });
});

describe("the last lines of an output", () => {
  it("are the last ones of both streams, in the order in which they ended", () => {
    const last = new LastLines(3);
    last.add("stdout", Buffer.from("1\n2\nthr"));
    last.add("stderr", Buffer.from("oops\n"));
    last.add("stdout", Buffer.from("ee\nunfinished"));
    assert.deepEqual(last.lines(), ["oops", "three", "unfinished"]);
  });

  it("hold characters that chunks have cut", () => {
    const last = new LastLines(3);
    const bytes = Buffer.from("é✓\n");
    for (const byte of bytes) last.add("stdout", Buffer.from([byte]));
    assert.deepEqual(last.lines(), ["é✓"]);
  });

  it("stay small, however long a line is", () => {
    const last = new LastLines(3);
    for (let n = 0; n < 100; n++) last.add("stdout", Buffer.alloc(1 << 16, "x"));
    last.add("stdout", Buffer.from("end"));
    assert.ok(last.lines().join("").length <= 2000);
    assert.match(last.lines()[0] ?? "", /end$/);
  });
});
