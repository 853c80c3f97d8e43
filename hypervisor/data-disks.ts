import type { HypervisorHost } from "./host";

/** The folder of a stack's data disks on a hypervisor: beside its guests, whose folder holds nothing but guests. */
export function dataFolder(diskPoolPath: string, stack: string): string {
  return `${diskPoolPath}-volumes-${stack}`;
}

/** File name of a data disk in its folder, and name of its volume. */
export function dataDiskName(
  domain: string,
  disk: { readonly name: string; readonly format: string },
): string {
  return `${domain}-${disk.name}.${disk.format}`;
}

/** Names of the data disks of a stack that are there. Changes nothing. */
export async function dataDisksThere(host: HypervisorHost, stack: string): Promise<ReadonlySet<string>> {
  const folder = dataFolder(host.spec.diskPoolPath, stack);
  const { exitCode, stdout } = await host.shell.run({
    argv: ["find", folder, "-mindepth", "1", "-printf", "%f\\n"],
  });
  return new Set(exitCode === 0 ? stdout.split("\n").filter((name) => name !== "") : []);
}
