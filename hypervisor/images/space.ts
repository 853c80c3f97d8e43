import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";

/**
 * Checks that the image cache has room, before any work.
 * @throws UserError with both sizes.
 */
export async function requireSpace(host: HypervisorHost, image: string, bytes: number): Promise<void> {
  const folder = host.spec.imageCachePath;
  const free = Number(
    (await host.shell.output({ argv: ["df", "-B1", "--output=avail", "--", folder] }))
      .trim()
      .split("\n")
      .at(-1),
  );
  if (free >= bytes) return;
  throw new UserError({
    what: `hypervisor "${host.spec.name}" has no room to make base image "${image}"`,
    file: folder,
    found: `${formatSize(free)} free`,
    allowed: `at least ${formatSize(bytes)}`,
    remedy: "remove images that nothing uses, or give the hypervisor another imageCachePath",
  });
}

/** `1.5 GiB`, `12 MiB`, `800 bytes`. */
export function formatSize(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power] ?? ""}`;
}
