import { strict as assert } from "node:assert";
import { freshPrograms } from "../../../connections/guest/reseed/fresh-programs";
import { HELPERS } from "../../../connections/guest/reseed/helpers";
import { buildHelper, compilerOf, HELPER_ARCHITECTURES } from "../../../toolchain/reseed/build";

/** Class (32 or 64 bits), byte order and machine, as ELF numbers them. */
const MACHINES = {
  amd64: [64, "little", 62],
  i386: [32, "little", 3],
  arm64: [64, "little", 183],
  armhf: [32, "little", 40],
  ppc64el: [64, "little", 21],
  ppc64: [64, "big", 21],
  s390x: [64, "big", 22],
  riscv64: [64, "little", 243],
} as const;

const program = (name: keyof typeof HELPERS) => Buffer.from(HELPERS[name].program, "base64");

function header(elf: Buffer) {
  const little = elf[5] === 1;
  const half = (at: number) => (little ? elf.readUInt16LE(at) : elf.readUInt16BE(at));
  const word = (at: number) => (little ? elf.readUInt32LE(at) : elf.readUInt32BE(at));
  const long = (at: number) => Number(little ? elf.readBigUInt64LE(at) : elf.readBigUInt64BE(at));
  const wide = elf[4] === 2;
  const segment = wide ? 64 : 52;
  return {
    machine: [wide ? 64 : 32, little ? "little" : "big", half(18)],
    kind: half(16),
    entry: wide ? long(24) : word(24),
    loadedAt: wide ? long(segment + 16) : word(segment + 8),
    inFile: wide ? long(segment + 32) : word(segment + 16),
    inMemory: wide ? long(segment + 40) : word(segment + 20),
    rights: wide ? word(segment + 4) : word(segment + 24),
  };
}

describe("the helpers that renew random numbers", () => {
  it("are there for every architecture that has a compiler", () => {
    assert.deepEqual(Object.keys(HELPERS), [...HELPER_ARCHITECTURES]);
    assert.deepEqual(Object.keys(MACHINES), [...HELPER_ARCHITECTURES]);
  });

  for (const name of HELPER_ARCHITECTURES) {
    it(`are programs of their architecture, whole with the fresh bytes: ${name}`, () => {
      const elf = program(name);
      assert.equal(elf.subarray(0, 4).toString("latin1"), "\x7fELF");
      const { machine, kind, entry, loadedAt, inFile, inMemory, rights } = header(elf);
      assert.deepEqual(machine, MACHINES[name]);
      assert.equal(kind, 2, "a program at a fixed address");
      assert.ok(entry > loadedAt && entry < loadedAt + elf.length, "the entry is in the file");
      assert.deepEqual([inFile, inMemory], [elf.length + 256, elf.length + 256]);
      assert.equal(rights, 5, "read and run, never written");
      assert.ok(elf.length < 1300, `${elf.length} bytes`);
    });

    it(`end as a script before a shell comes to the fresh bytes: ${name}`, () => {
      const [first, second] = program(name).toString("latin1").split("\n");
      assert.equal(first?.length, 8);
      assert.equal(second, "exit 9");
    });

    it(`say how many bytes they add, in their own byte order: ${name}`, () => {
      const elf = program(name);
      const little = MACHINES[name][1] === "little";
      const number = (at: number) => (little ? elf.readUInt32LE(at) : elf.readUInt32BE(at));
      assert.deepEqual([number(elf.length - 8), number(elf.length - 4)], [2048, 256]);
    });

    it(`are what their source gives: ${name}`, function () {
      if (compilerOf(name) !== HELPERS[name].compiler) this.skip();
      assert.equal(buildHelper(name).toString("base64"), HELPERS[name].program);
    });
  }

  it("get fresh bytes each time, at their end", () => {
    const [first, second] = [freshPrograms("s390x")[0], freshPrograms("s390x")[0]];
    const size = program("s390x").length;
    assert.ok(first && second);
    assert.deepEqual(first.subarray(0, size), program("s390x"));
    assert.equal(first.length, size + 256);
    assert.notDeepEqual(first.subarray(size), second.subarray(size));
  });

  it("are tried in turn where a machine runs several systems, and are none for unknown machines", () => {
    const names = (arch: string | undefined) =>
      freshPrograms(arch).map((bytes) => {
        const { machine } = header(bytes);
        return Object.entries(MACHINES).find(([, known]) => known.join() === machine.join())?.[0];
      });
    assert.deepEqual(names("x86_64"), ["amd64", "i386"]);
    assert.deepEqual(names("i686"), ["i386"]);
    assert.deepEqual(names("aarch64"), ["arm64", "armhf"]);
    assert.deepEqual(names("armv7l"), ["armhf"]);
    assert.deepEqual(names("ppc64le"), ["ppc64el", "ppc64"]);
    assert.deepEqual(names("s390x"), ["s390x"]);
    assert.deepEqual(names("riscv64"), ["riscv64"]);
    assert.deepEqual(names("loongarch64"), []);
    assert.deepEqual(names(undefined), []);
  });
});
