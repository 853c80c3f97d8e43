import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type AskedHypervisor, rememberedFacts } from "../../../discovery/remembered-facts";

const FACTS = { arches: { x86_64: { domainTypes: ["qemu" as const] } }, cpus: 2, memoryMiB: 4096 };
const OTHERS = { ...FACTS, cpus: 8 };
const local = (name: string): AskedHypervisor => ({
  name,
  uri: "qemu:///system",
  connection: { type: "local" },
});
const remote = (name: string, host: string): AskedHypervisor => ({
  ...local(name),
  connection: { type: "ssh", host },
});

describe("facts of hypervisors that are remembered", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "guest-farm-facts-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => {
    const file = join(folder, ".guest-farm", "lab", "facts.json");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };

  it("are those of the last time that each answered, by stack", () => {
    rememberedFacts(folder, "lab").keep([
      [local("a"), FACTS],
      [local("b"), FACTS],
    ]);
    rememberedFacts(folder, "lab").keep([[local("b"), OTHERS]]);
    const { of } = rememberedFacts(folder, "lab");
    assert.deepEqual([of(local("a")), of(local("b")), of(local("toString"))], [FACTS, OTHERS, undefined]);
    assert.equal(rememberedFacts(folder, "other").of(local("a")), undefined);
  });

  it("are of the machine that was asked, not of its name", () => {
    rememberedFacts(folder, "lab").keep([[remote("a", "one"), FACTS]]);
    const { of } = rememberedFacts(folder, "lab");
    assert.deepEqual(of(remote("a", "one")), FACTS);
    for (const other of [
      remote("a", "nonsense"),
      local("a"),
      { ...remote("a", "one"), uri: "qemu:///session" },
    ])
      assert.equal(of(other), undefined, JSON.stringify(other));
  });

  it("of an older file are found by name until a machine of that name has answered", () => {
    write(JSON.stringify({ a: FACTS, b: FACTS }));
    assert.deepEqual(rememberedFacts(folder, "lab").of(remote("a", "one")), FACTS);
    rememberedFacts(folder, "lab").keep([[remote("a", "one"), OTHERS]]);
    const { of } = rememberedFacts(folder, "lab");
    assert.deepEqual(of(remote("a", "one")), OTHERS);
    assert.equal(of(remote("a", "nonsense")), undefined);
    assert.deepEqual(of(local("b")), FACTS);
  });

  it("are none when the file is not what we wrote", () => {
    for (const text of ["{", '{"a": {"cpus": "many"}}']) {
      write(text);
      assert.equal(rememberedFacts(folder, "lab").of(local("a")), undefined);
    }
  });
});
