import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SOURCES = resolve(__dirname, "../../connections/guest/reseed");

/** Debian's compilers, with what keeps each program to the oldest processors of its architecture. */
const COMPILERS = {
  amd64: ["x86_64-linux-gnu-gcc", "-mgeneral-regs-only", "-fcf-protection=none"],
  i386: ["i686-linux-gnu-gcc", "-march=i386", "-mgeneral-regs-only", "-fcf-protection=none"],
  arm64: ["aarch64-linux-gnu-gcc", "-mgeneral-regs-only"],
  armhf: ["arm-linux-gnueabihf-gcc", "-march=armv5t", "-marm", "-mfloat-abi=soft"],
  ppc64el: ["powerpc64le-linux-gnu-gcc", "-mcpu=power8", "-msoft-float", "-mno-vsx", "-mno-altivec"],
  ppc64: ["powerpc64-linux-gnu-gcc", "-mabi=elfv2", "-mcpu=power5", "-msoft-float"],
  s390x: ["s390x-linux-gnu-gcc", "-march=z900", "-msoft-float"],
  riscv64: ["riscv64-linux-gnu-gcc", "-march=rv64i", "-mabi=lp64"],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type HelperArchitecture = keyof typeof COMPILERS;
export const HELPER_ARCHITECTURES = Object.keys(COMPILERS) as readonly HelperArchitecture[];

const FLAGS = [
  ...["-Os", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fomit-frame-pointer"],
  ...[
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fno-pie",
    "-no-pie",
    "-nostdlib",
    "-static",
  ],
  ...[`-Wl,-T,${join(SOURCES, "helper.ld")}`, "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-s"],
];

/** Bytes at the end of each program that the controller replaces; as in helper.c. */
const FRESH_BYTES = 256;

/**
 * A shell that is handed a program of another architecture reads it as a script. The kernel ignores this part of an
 * ELF header: there the script ends before a shell gets to anything else.
 */
const ENDS_AS_SCRIPT = { at: 8, text: "\nexit 9\n" };

/** What the compiler calls itself; null where it, or the kernel's headers for it, are not installed. */
export function compilerOf(architecture: HelperArchitecture): string | null {
  const [compiler] = COMPILERS[architecture];
  const run = (args: readonly string[], input = "") =>
    execFileSync(compiler, args, { encoding: "utf8", stdio: ["pipe", "pipe", "ignore"], input });
  try {
    run(["-E", "-"], "#include <asm/unistd.h>\n");
    return run(["--version"]).split("\n", 1)[0] ?? "";
  } catch {
    return null;
  }
}

/** Compiles the program without its fresh bytes. @throws Error with the compiler's words. */
export function buildHelper(architecture: HelperArchitecture): Buffer {
  const [compiler, ...own] = COMPILERS[architecture];
  const folder = mkdtempSync(join(tmpdir(), "guest-farm-reseed-"));
  try {
    const file = join(folder, "helper");
    execFileSync(compiler, [...own, ...FLAGS, "-o", file, join(SOURCES, "helper.c")], { stdio: "pipe" });
    return trimmed(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The loaded part alone: what follows it, and the header's word on that, is for debuggers. */
function trimmed(elf: Buffer): Buffer {
  const header = Buffer.from(elf);
  const wide = header[4] === 2;
  const little = header[5] === 1;
  const word = (at: number) => (little ? header.readUInt32LE(at) : header.readUInt32BE(at));
  const long = (at: number) => Number(little ? header.readBigUInt64LE(at) : header.readBigUInt64BE(at));
  const firstSegment = wide ? 64 : 52;
  const size = wide ? long(firstSegment + 32) : word(firstSegment + 16);
  header.fill(0, wide ? 40 : 32, wide ? 48 : 36);
  header.fill(0, wide ? 58 : 46, wide ? 64 : 52);
  header.write(ENDS_AS_SCRIPT.text, ENDS_AS_SCRIPT.at, "latin1");
  if (header.subarray(size - FRESH_BYTES, size).some((byte) => byte !== 0)) {
    throw new Error("the program does not end with the place for the fresh bytes");
  }
  return header.subarray(0, size - FRESH_BYTES);
}
