import { z } from "zod";
import { CommandError } from "../../connections/shell";
import type { HypervisorHost } from "../host";
import { guestDisks } from "./disks";
import type { DomainSpec } from "./spec";

const DiskInfo = z.object({ "virtual-size": z.number() });

/**
 * Makes the root disk of a long-lived guest as large as it is to be, with what is on it; a guest that runs sees it at
 * once. A disk that is large enough stays. Other guests have their disks made anew: what is on them is derived.
 *
 * @param sources files of the guest's disks by target device
 * @throws CommandError when it cannot grow.
 */
export async function growRootDisk(
  host: HypervisorHost,
  spec: DomainSpec,
  sources: Readonly<Record<string, string>>,
): Promise<void> {
  const { sizeGiB } = spec.rootDisk;
  const [root] = guestDisks(spec).writable;
  const file = root === undefined ? undefined : sources[root.device];
  if (spec.keepRunning !== true || sizeGiB === undefined || root === undefined || file === undefined) return;
  const wanted = Math.ceil(sizeGiB * 1024) * 1024 ** 2;
  const info = await host.shell.output({
    argv: ["qemu-img", "info", "-U", "-f", "qcow2", "--output=json", file],
  });
  if (DiskInfo.parse(JSON.parse(info))["virtual-size"] >= wanted) return;
  const argv = ["blockresize", "--domain", spec.name, "--path", root.device, "--size", `${wanted}B`];
  const live = await host.tryVirsh(argv);
  if (live.exitCode === 0) return;
  if (!/domain is not running/i.test(live.stderr))
    throw new CommandError(host.shell.description, ["virsh", ...argv], live);
  await host.shell.output({ argv: ["qemu-img", "resize", "-q", "-f", "qcow2", file, String(wanted)] });
}
