import { randomBytes } from "node:crypto";
import { HELPERS } from "./helpers";

/** As in helper.c. */
const FRESH_BYTES = 256;

/** Architectures by libvirt's names, with the systems that such a machine may run, likeliest first. */
const SYSTEMS: Readonly<Record<string, readonly (keyof typeof HELPERS)[]>> = {
  x86_64: ["amd64", "i386"],
  i686: ["i386"],
  aarch64: ["arm64", "armhf"],
  armv7l: ["armhf"],
  ppc64le: ["ppc64el", "ppc64"],
  ppc64: ["ppc64", "ppc64el"],
  s390x: ["s390x"],
  riscv64: ["riscv64"],
};

/**
 * Programs that renew the random numbers of a Linux guest, to be tried in turn: what is for another system than the
 * guest's does not start there. Each ends with fresh bytes of its own and is as secret as they are.
 *
 * @param arch libvirt's name; none: nothing is known of the machine.
 */
export function freshPrograms(arch: string | undefined): readonly Buffer[] {
  return (SYSTEMS[arch ?? ""] ?? []).map((name) =>
    Buffer.concat([Buffer.from(HELPERS[name].program, "base64"), randomBytes(FRESH_BYTES)]),
  );
}

/** Bytes for a system that is not told to reseed. */
export function freshBytes(): Buffer {
  return randomBytes(FRESH_BYTES);
}
