import type { DomainPlan, XmlPart } from "./parts";

/**
 * `writeback` honours the guest's flushes: after a crash of the host a frozen layer is what its record says.
 * `unsafe` would be faster and could leave a snapshot that looks whole and is not; `none` fails on file systems
 * without direct I/O.
 */
const CACHE = "writeback";

/** All disks, in the order of their devices, and the seed's drive (which stays when its medium has gone). */
export function diskParts({ spec, layout }: DomainPlan): readonly XmlPart[] {
  const { bus } = spec.rootDisk;
  const writable = layout.disks.writable.map(({ device }) => ({
    device,
    part: {
      "@type": "file",
      "@device": "disk",
      driver: { "@name": "qemu", "@type": "qcow2", "@cache": CACHE, "@discard": "unmap" },
      source: { "@file": layout.sources[device] ?? "" },
      target: { "@dev": device, "@bus": bus },
    },
  }));
  const readOnly = layout.disks.readOnly.map(({ device, path, format }) => ({
    device,
    part: {
      "@type": "file",
      "@device": "disk",
      driver: { "@name": "qemu", "@type": format },
      source: { "@file": path },
      target: { "@dev": device, "@bus": bus },
      readonly: {},
    },
  }));
  const disks = [...writable, ...readOnly].sort((a, b) => byDevice(a.device, b.device));
  return [...disks.map(({ part }) => part), ...seedDrive({ spec, layout })];
}

/** `vdz` comes before `vdaa`. */
function byDevice(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

export function seedDrive({ spec, layout }: DomainPlan): readonly XmlPart[] {
  if (layout.disks.seedDevice === null) return [];
  return [
    {
      "@type": "file",
      "@device": "cdrom",
      driver: { "@name": "qemu", "@type": "raw" },
      ...(layout.seed === null ? {} : { source: { "@file": layout.seed } }),
      target: { "@dev": layout.disks.seedDevice, "@bus": spec.seedBus },
      readonly: {},
    },
  ];
}

/** Controllers that libvirt would not choose as we want them. */
export function controllerParts({ spec, layout }: DomainPlan): readonly XmlPart[] {
  const scsi = spec.rootDisk.bus === "scsi" || (layout.disks.seedDevice !== null && spec.seedBus === "scsi");
  return [
    { "@type": "usb", "@model": "none" },
    ...(scsi ? [{ "@type": "scsi", "@index": 0, "@model": "virtio-scsi" }] : []),
  ];
}
