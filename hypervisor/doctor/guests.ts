import type { HypervisorHost } from "../host";
import { check, type Check } from "./check";

const MIB = 1024 ** 2;
const GIB_PER_MIB = 1 / 1024;

/** What the guests of a farm ask of one hypervisor. */
export interface GuestsDemand {
  /** Networks of others that their cards are on. */
  readonly networks: readonly {
    readonly name: string;
    /** Whether a guest that needs it may start it. */
    readonly mayStart: boolean;
  }[];
  /** Bridges and devices of the host that their cards are on. */
  readonly devices: readonly string[];
  /** Memory of those that stay on, and of the largest of the others, in MiB. */
  readonly memoryMiB: number;
  /** Largest that the disks of those that are not there yet can become, in GiB. */
  readonly disksGiB: number;
}

/** Whether a hypervisor has what a farm's guests need of it: networks, devices, memory, room. Changes nothing. */
export async function checkGuests(host: HypervisorHost, demand: GuestsDemand): Promise<readonly Check[]> {
  const groups = await Promise.all([
    checkNetworksOf(host, demand),
    Promise.all(demand.devices.map((device) => checkDevice(host, device))),
    checkMemory(host, demand),
    checkRoom(host, demand),
  ]);
  return groups.flat();
}

async function checkNetworksOf(host: HypervisorHost, { networks }: GuestsDemand): Promise<readonly Check[]> {
  if (networks.length === 0) return [];
  const lines = (...which: string[]) =>
    host
      .virsh(["net-list", "--name", ...which])
      .then((text) => text.split("\n").flatMap((line) => line.trim() || []));
  const [all, active] = await Promise.all([lines("--all"), lines()]);
  return networks.map(({ name, mayStart }) => {
    const there = all.includes(name);
    const on = active.includes(name);
    const found = on ? "active" : there ? "inactive" : `not there; there are: ${all.join(", ") || "none"}`;
    return check(`network ${name}`, found, mayStart ? "defined" : "active", {
      passed: on || (there && mayStart),
      otherwise: "error",
      remedy: there
        ? `virsh net-start ${name}, or startNetworks: true in the farm file`
        : "name one of those, or declare it in the farm file (networks:)",
    });
  });
}

async function checkDevice({ shell }: HypervisorHost, device: string): Promise<Check> {
  const { exitCode } = await shell.run({ argv: ["test", "-e", `/sys/class/net/${device}`] });
  return check(`device ${device}`, exitCode === 0 ? "there" : "not there", "there", {
    passed: exitCode === 0,
    otherwise: "error",
    remedy: "make it there (ip link), or name another in the farm file",
  });
}

async function checkMemory({ shell }: HypervisorHost, { memoryMiB }: GuestsDemand): Promise<Check> {
  const text = await shell.output({ argv: ["cat", "/proc/meminfo"] });
  const totalMiB = Math.floor(Number(/^MemTotal:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) / 1024);
  return check("memory for the guests", `${totalMiB} MiB in all`, `${memoryMiB} MiB`, {
    passed: memoryMiB <= totalMiB,
    otherwise: "error",
    remedy: "give the guests less memory, or place some elsewhere",
  });
}

async function checkRoom({ shell, spec }: HypervisorHost, { disksGiB }: GuestsDemand): Promise<Check> {
  const folder =
    'at=$1; while [ ! -d "$at" ]; do at=$(dirname -- "$at"); done; df --output=avail -B1 -- "$at"';
  const text = await shell.output({ argv: ["sh", "-c", folder, "sh", spec.diskPoolPath] });
  const freeGiB = (Number(text.trim().split("\n").at(-1)) / MIB) * GIB_PER_MIB;
  return check("room for new disks", `${freeGiB.toFixed(1)} GiB free`, `${disksGiB} GiB when they are full`, {
    passed: disksGiB <= freeGiB,
    otherwise: "warning",
    remedy: `free some space in ${spec.diskPoolPath}, or set another diskPoolPath`,
  });
}
