import { z } from "zod";
import { guestDisks } from "../domain/disks";
import type { DomainSpec } from "../domain/spec";

/** A file outside of the guest's folder that what is on its disks depends on, as it was. */
export const GroundStamp = z.strictObject({
  /** Absolute. */
  path: z.string(),
  /** Bytes. */
  size: z.number(),
  /** Time of the last change in seconds, as the host writes it; compared, never computed with. */
  mtime: z.string(),
});
export type GroundStamp = z.infer<typeof GroundStamp>;

/** How files are now; null: there is none. */
export type Ground = ReadonlyMap<string, Omit<GroundStamp, "path"> | null>;

/**
 * Files that users give by their path and may write anew: data disks, and the kernel or firmware that the guest starts
 * from. Images of the cache are not among them: they have their digest in their name, and never change.
 */
export function groundOf(
  spec: Pick<DomainSpec, "hypervisor" | "baseImage" | "rootDisk" | "extraDisks" | "seedBus" | "firmware">,
): readonly string[] {
  const { writable, readOnly } = guestDisks(spec);
  const disks = [
    ...writable.flatMap(({ base }) => (base.digest === null ? [base.path] : [])),
    ...readOnly.map(({ path }) => path),
  ];
  const cache = `${spec.hypervisor.imageCachePath.replace(/\/+$/, "")}/`;
  const boot = bootFiles(spec.firmware).filter((path) => !path.startsWith(cache));
  return [...new Set([...disks, ...boot])];
}

function bootFiles(firmware: DomainSpec["firmware"]): readonly string[] {
  switch (firmware.kind) {
    case "bios":
      return [];
    case "uefi":
      return [firmware.code, firmware.varsTemplate];
    case "kernel":
      return [firmware.kernel, ...(firmware.initrd === undefined ? [] : [firmware.initrd])];
  }
}

/** Stamps for a record. Files that are not there have none: the guest did without them. */
export function groundStamps(ground: Ground): readonly GroundStamp[] {
  return [...ground].flatMap(([path, state]) => (state === null ? [] : [{ path, ...state }]));
}

/** The first of some files that is not as it was, and whether it is gone; null: all are. */
export function groundChange(
  then: readonly GroundStamp[],
  now: Ground,
): { readonly path: string; readonly gone: boolean } | null {
  for (const { path, size, mtime } of then) {
    const state = now.get(path);
    // What the guest has no part in any more is told by its key, or by its domain.
    if (state === undefined) continue;
    if (state?.size !== size || state.mtime !== mtime) return { path, gone: state === null };
  }
  return null;
}
