import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const HYPERVISOR = resolve(__dirname, "../../../hypervisor");
const WAYS = /"?-[fF]"?[ ,]|--image-opts/;

const files = readdirSync(HYPERVISOR, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(ts|sh)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name));

describe("programs that open disks", () => {
  const calls = files.flatMap((file) => {
    const text = readFileSync(file, "utf8").replace(/\s*\n\s*/g, file.endsWith(".ts") ? " " : "\n");
    const word = "(?:info|convert|resize|measure|check|snapshot|create)";
    const inCode = `"qemu-img", "${word}".{0,120}|qemuImg\\([^()]*\\[ ?(?:\\.\\.\\.\\[)?"${word}".{0,60}`;
    const inShell = `(?<=[;\n] ?)qemu-img ${word}.{0,120}`;
    const command = new RegExp(`${inCode}|${inShell}`, "g");
    return [...text.matchAll(command)].map(([call]) => ({ file: file.slice(HYPERVISOR.length + 1), call }));
  });

  it("are known to this test", () => assert.ok(calls.length >= 8, `${calls.length} calls`));

  for (const { file, call } of calls) {
    // A guest may have written the start of its disk: whoever guesses the format believes it.
    it(`are told the format: ${file}: ${call.slice(0, 50)}`, () => assert.match(call, WAYS));
  }
});
