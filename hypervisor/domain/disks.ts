import type { DomainSpec } from "./spec";

/** A writable disk of a guest and the read-only image at the bottom of its chain. */
export interface WritableDisk {
  /** Target device, as `vda`. */
  readonly device: string;
  readonly base: { readonly path: string; readonly format: "qcow2" | "raw"; readonly digest: string | null };
  /** Size of the disk that the guest sees; default: that of the base. */
  readonly sizeGiB?: number;
}

/** A disk that the guest can only read: no snapshot and no layer holds it. */
export interface ReadOnlyDisk {
  readonly device: string;
  readonly path: string;
  readonly format: "qcow2" | "raw";
}

export interface GuestDisks {
  /** The root disk first. */
  readonly writable: readonly WritableDisk[];
  readonly readOnly: readonly ReadOnlyDisk[];
  /** Target device of the seed's CD-ROM drive; null: the guest has none. */
  readonly seedDevice: string | null;
}

/**
 * Target devices of all disks of a guest. Root and extra disks share the root disk's bus, in the order of the farm
 * file; the drive of the seed comes last, so that taking it away renames no disk.
 *
 * A writable extra disk is the bottom of a chain like the base image: guests write into layers over it, never into
 * the file itself, else a restored snapshot and the disk would not fit together.
 */
export function guestDisks(
  spec: Pick<DomainSpec, "baseImage" | "rootDisk" | "extraDisks" | "seed" | "seedBus">,
): GuestDisks {
  const prefix = spec.rootDisk.bus === "virtio" ? "vd" : "sd";
  const device = (index: number) => `${prefix}${letters(index)}`;
  const extras = spec.extraDisks.map((disk, index) => ({ ...disk, device: device(index + 1) }));
  const { path, format, digest } = spec.baseImage;
  const size = spec.rootDisk.sizeGiB === undefined ? {} : { sizeGiB: spec.rootDisk.sizeGiB };
  return {
    writable: [
      { device: device(0), base: { path, format, digest }, ...size },
      ...extras
        .filter((disk) => !disk.readOnly)
        .map((disk) => ({
          device: disk.device,
          base: { path: disk.path, format: disk.format, digest: null },
        })),
    ],
    readOnly: extras.filter((disk) => disk.readOnly),
    seedDevice:
      spec.seed === undefined ? null : seedDevice(spec.seedBus, prefix === "sd" ? extras.length + 1 : 0),
  };
}

function seedDevice(bus: DomainSpec["seedBus"], taken: number): string {
  return bus === "ide" ? "hda" : `sd${letters(taken)}`;
}

/** 0 is `a`, 25 is `z`, 26 is `aa`. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
