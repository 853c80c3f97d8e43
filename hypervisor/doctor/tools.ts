import type { HypervisorHost } from "../host";
import { check, type Check } from "./check";

/** Programs of which a hypervisor needs one, where Debian has them, and what for. */
interface Tool {
  readonly anyOf: readonly string[];
  readonly debianPackage: string;
  readonly purpose: string;
  readonly otherwise: "warning" | "error";
}

/** Program and package of QEMU for the host's own architecture, by `uname -m`. */
const NATIVE_QEMU: Readonly<Record<string, readonly [program: string, debianPackage: string]>> = {
  x86_64: ["qemu-system-x86_64", "qemu-system-x86"],
  aarch64: ["qemu-system-aarch64", "qemu-system-arm"],
  ppc64le: ["qemu-system-ppc64", "qemu-system-ppc"],
  riscv64: ["qemu-system-riscv64", "qemu-system-misc"],
  s390x: ["qemu-system-s390x", "qemu-system-misc"],
};

const TOOLS: readonly Tool[] = [
  { anyOf: ["virsh"], debianPackage: "libvirt-clients", purpose: "libvirt's client", otherwise: "error" },
  { anyOf: ["qemu-img"], debianPackage: "qemu-utils", purpose: "disk layers", otherwise: "error" },
  { anyOf: ["flock"], debianPackage: "util-linux", purpose: "leases", otherwise: "error" },
  {
    anyOf: ["genisoimage", "mkisofs", "xorriso"],
    debianPackage: "genisoimage",
    purpose: "seeds",
    otherwise: "error",
  },
  { anyOf: ["dnsmasq"], debianPackage: "dnsmasq-base", purpose: "libvirt networks", otherwise: "warning" },
];

const SETFACL: Tool = {
  anyOf: ["setfacl"],
  debianPackage: "acl",
  purpose: "repairAccess",
  otherwise: "error",
};

/** Tools of a hypervisor's host, one check each. */
export async function checkTools({ shell, spec }: HypervisorHost): Promise<readonly Check[]> {
  const machine = (await shell.output({ argv: ["uname", "-m"] })).trim();
  const native = NATIVE_QEMU[machine];
  const tools: readonly Tool[] = [
    ...(native === undefined
      ? []
      : [{ anyOf: [native[0]], debianPackage: native[1], purpose: "guests", otherwise: "error" as const }]),
    ...TOOLS,
    ...(spec.repairAccess === true ? [SETFACL] : []),
  ];
  const script = 'PATH=$PATH:/usr/sbin:/sbin; for name; do command -v "$name"; done; exit 0';
  const argv = ["sh", "-c", script, "sh", ...tools.flatMap(({ anyOf }) => anyOf)];
  const paths = (await shell.output({ argv })).split("\n");
  return tools.map(({ anyOf, debianPackage, purpose, otherwise }) => {
    const path = paths.find((each) => anyOf.some((name) => each.endsWith(`/${name}`)));
    return check(anyOf.join(" or "), path ?? "nothing", `installed, for ${purpose}`, {
      passed: path !== undefined,
      otherwise,
      remedy: `apt-get install ${debianPackage}`,
    });
  });
}
