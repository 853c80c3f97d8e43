import type { CpuChoice, ExtraDisk, Firmware, GuestAuth, GuestSeed, ResolvedGuest } from "../resolved";
import type { MergedGuest } from "../schemas/guest";
import type { Mistakes } from "../source/mistakes";
import type { Source } from "../source/node";
import type { Path } from "../source/yaml-file";

/** Where mistakes in a merged definition are told. */
export interface PartContext {
  readonly sourceAt: (path: Path) => Source;
  readonly mistakes: Mistakes;
}

export function cpuOf(cpu: MergedGuest["cpu"]): ResolvedGuest["cpu"] {
  const given = typeof cpu === "string" ? { kvm: cpu, qemu: cpu } : (cpu ?? {});
  const qemu = choiceOf(given.qemu ?? "maximum");
  return {
    kvm: choiceOf(given.kvm ?? "host-passthrough"),
    // There is no host CPU to pass through under emulation: the best that can be emulated stands in for it.
    qemu: qemu.mode === "host-passthrough" ? { mode: "maximum" } : qemu,
  };
}

function choiceOf(cpu: string): CpuChoice {
  return cpu === "host-passthrough" || cpu === "maximum" ? { mode: cpu } : { mode: "custom", model: cpu };
}

export function firmwareOf(definition: MergedGuest, context: PartContext): Firmware | undefined {
  const kind = definition.firmware ?? "bios";
  if (kind === "bios") return { kind };
  if (kind === "kernel") {
    const { path, initrd, cmdline } = definition.kernel ?? {};
    return {
      kind,
      ...(path !== undefined && { kernel: path }),
      ...(initrd !== undefined && { initrd }),
      ...(cmdline !== undefined && { cmdline }),
    };
  }
  const { code, varsTemplate } = definition.uefi ?? {};
  if (code !== undefined && varsTemplate !== undefined) return { kind, code, varsTemplate };
  context.mistakes.at(context.sourceAt(["uefi"]), {
    what: "UEFI firmware needs its two files",
    allowed: "uefi: {code: file, varsTemplate: file} in the target",
    remedy: "name the files as they are on the hypervisor, or choose another firmware",
  });
  return undefined;
}

export function seedOf(seed: MergedGuest["seed"]): GuestSeed | null {
  if (seed === false) return null;
  const given = seed ?? {};
  return {
    users: (given.users ?? []).map(({ keys = [], groups = [], sudo = false, ...user }) => ({
      ...user,
      keys,
      groups,
      sudo,
    })),
    packages: given.packages ?? [],
    files: given.files ?? [],
    commands: given.commands ?? [],
    growpart: given.growpart ?? true,
    timezone: given.timezone,
    network: given.network,
    userDataFile: given.userDataFile,
  };
}

export function authOf(auth: MergedGuest["auth"]): GuestAuth {
  const { user = "root", key, password, become } = auth ?? {};
  return {
    user,
    key: key ?? (password === undefined ? "generated" : undefined),
    password,
    become: become && {
      user: become.user ?? "root",
      method: become.method ?? "sudo",
      password: become.password,
    },
  };
}

export function connectionOf(
  connection: MergedGuest["connection"] = "ssh",
): Pick<ResolvedGuest, "connection" | "way"> {
  if (typeof connection === "string") return { connection };
  if (connection.type === "agent") return { connection: "agent" };
  const { address, port, jump = true } = connection;
  return { connection: "ssh", way: { address, port, jump } };
}

export function disksOf(disks: MergedGuest["disks"], context: PartContext): ExtraDisk[] {
  const names = new Set<string>();
  return (disks ?? []).map((disk, index) => {
    const name = disk.name ?? `data-${index + 1}`;
    if (names.has(name)) {
      context.mistakes.at(context.sourceAt(["disks", index]), {
        what: `two disks are called "${name}"`,
        remedy: "rename one of them",
      });
    }
    names.add(name);
    if (disk.path === undefined && disk.size === undefined) {
      context.mistakes.at(context.sourceAt(["disks", index]), {
        what: "the disk has neither a path nor a size",
        allowed: 'path of a disk that is there, or size (as "10GiB") of one to be made',
      });
    }
    return {
      name,
      path: disk.path,
      format: disk.format ?? "qcow2",
      readOnly: disk.readOnly ?? false,
      sizeGiB: disk.size,
    };
  });
}
