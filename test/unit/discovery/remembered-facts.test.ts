import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rememberedFacts } from "../../../discovery/remembered-facts";

const FACTS = { arches: { x86_64: { domainTypes: ["qemu" as const] } }, cpus: 2, memoryMiB: 4096 };

describe("facts of hypervisors that are remembered", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "guest-farm-facts-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are those of the last time that each answered, by stack", () => {
    rememberedFacts(folder, "lab").keep({ a: FACTS, b: FACTS });
    rememberedFacts(folder, "lab").keep({ b: { ...FACTS, cpus: 8 } });
    const { of } = rememberedFacts(folder, "lab");
    assert.deepEqual([of("a"), of("b")?.cpus, of("toString")], [FACTS, 8, undefined]);
    assert.equal(rememberedFacts(folder, "other").of("a"), undefined);
  });

  it("are none when the file is not what we wrote", () => {
    rememberedFacts(folder, "lab").keep({ a: FACTS });
    for (const text of ["{", '{"a": {"cpus": "many"}}']) {
      writeFileSync(join(folder, ".guest-farm", "lab", "facts.json"), text);
      assert.equal(rememberedFacts(folder, "lab").of("a"), undefined);
    }
  });
});
