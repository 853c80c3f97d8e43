import { isDamaged, needsAnother, quoted, type Refusal } from "./image-bytes";

const SECTOR = 512;
/** Offsets in the header of a sparse extent; all numbers are little-endian. */
const AT = { capacity: 12, descriptorSector: 28, descriptorSectors: 36 } as const;
/** What QEMU reads a parent's name from, whatever the header says. */
const OWN_DESCRIPTOR = { from: SECTOR, to: 21 * SECTOR } as const;
const KINDS = ["monolithicSparse", "streamOptimized"];

/** A descriptor by itself is a text that names the files with the data. */
export function isVmdkDescriptor(head: Buffer): boolean {
  const text = head.subarray(0, 4096).toString("latin1");
  const first = text.split("\n").find((line) => !/^\s*(#(?! *disk descriptorfile)|\r?$)/i.test(line)) ?? "";
  return /^\s*# *disk descriptorfile/i.test(first) || /^\s*version\s*=\s*\d+\s*$/i.test(first);
}

/**
 * Why a VMDK is not taken: only one extent with its data inside stands alone. Pure.
 * @param head the first bytes of the file
 */
export function refuseVmdk(head: Buffer): Refusal | null {
  if (head.length < OWN_DESCRIPTOR.from) return isDamaged("a VMDK that ends in its header");
  // Without a capacity of its own it is a descriptor, with a header before it.
  if (head.readBigUInt64LE(AT.capacity) === 0n)
    return needsAnother("a VMDK descriptor, whose data is in other files");
  const from = Number(head.readBigUInt64LE(AT.descriptorSector)) * SECTOR;
  const to = from + Number(head.readBigUInt64LE(AT.descriptorSectors)) * SECTOR;
  if (to > head.length) return isDamaged("a VMDK whose descriptor is not at its start");
  const texts = [
    head.toString("latin1", from, to),
    head.toString("latin1", OWN_DESCRIPTOR.from, OWN_DESCRIPTOR.to),
  ];
  return texts.map(refuseDescriptor).find((refusal) => refusal !== null) ?? null;
}

function refuseDescriptor(text: string): Refusal | null {
  const parent = /parentFileNameHint\s*=?\s*"?([^"\n\0]*)/i.exec(text);
  if (parent !== null) return needsAnother(`parent ${quoted(parent[1] ?? "")}`);
  const parentId = /^\s*parentCID\s*=\s*(\w+)/im.exec(text)?.[1];
  if (parentId !== undefined && !/^f{8}$/i.test(parentId)) return needsAnother(`parent ${quoted(parentId)}`);
  const kind = /^\s*createType\s*=\s*"([^"]*)"/im.exec(text)?.[1];
  if (kind !== undefined && !KINDS.includes(kind)) {
    return {
      what: "the image has a format that is not taken",
      found: `VMDK of the kind ${quoted(kind)}`,
      allowed: `kinds of VMDK that are one file: ${KINDS.join(", ")}`,
      remedy: "convert it with qemu-img convert -O qcow2",
    };
  }
  const extents = [...text.matchAll(/^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)(?:\s+"([^"]*)")?/gim)];
  const outside =
    extents.length > 1 ? extents[1] : extents.find(([, type]) => type?.toUpperCase() !== "SPARSE");
  return outside === undefined ? null : needsAnother(`extent ${quoted(outside[2] ?? outside[0].trim())}`);
}
