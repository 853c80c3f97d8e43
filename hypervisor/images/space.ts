import { type CommandResult } from "../../connections/shell";
import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";

const REMEDY =
  "make room there (guest-farm images prune removes images that nothing uses), or give the hypervisor another imageCachePath";

/**
 * Checks that the image cache has room, before any work.
 * @param purpose what it is for, as `to unpack the image`
 * @throws UserError with both sizes.
 */
export async function requireSpace(host: HypervisorHost, purpose: string, bytes: number): Promise<void> {
  const folder = host.spec.imageCachePath;
  const free = Number(
    (await host.shell.output({ argv: ["df", "-B1", "--output=avail", "--", folder] }))
      .trim()
      .split("\n")
      .at(-1),
  );
  if (free >= bytes) return;
  throw new UserError({
    what: `hypervisor "${host.spec.name}" has no room ${purpose}`,
    file: folder,
    found: `${formatSize(free)} free`,
    allowed: `at least ${formatSize(bytes)}`,
    remedy: REMEDY,
  });
}

/** What a program that found its disk full says of it; null when it failed of something else. */
export function noSpaceLeft(
  host: HypervisorHost,
  program: string,
  { stderr }: Pick<CommandResult, "stderr">,
): UserError | null {
  const said = stderr.split("\n").find((line) => /no space left on device|disk full/i.test(line));
  if (said === undefined) return null;
  return new UserError({
    what: `hypervisor "${host.spec.name}" has no room left for ${program}`,
    file: host.spec.imageCachePath,
    found: said.trim(),
    remedy: `${REMEDY}; where the disk inside the image is full, put a step resize before`,
  });
}

/** `1.5 GiB`, `12 MiB`, `800 bytes`. */
export function formatSize(bytes: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} ${units[power] ?? ""}`;
}
