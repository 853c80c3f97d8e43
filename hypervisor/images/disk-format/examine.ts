import { UserError } from "../../../definitions/user-error";
import {
  type DiskFormat,
  HEAD_BYTES,
  type ImageBytes,
  isDamaged,
  isEncrypted,
  needsAnother,
  quoted,
  type Refusal,
} from "./image-bytes";
import { readQcow2 } from "./qcow2";
import { bySignature, isText, NO_DISKS, OTHER_DISKS, PACKED } from "./signatures";
import { refuseVhdx } from "./vhdx";
import { isVmdkDescriptor, refuseVmdk } from "./vmdk";

const TAKEN = "raw, qcow2, and VMDK, VDI, VHDX and VHD of one file each";
const NO_DISK = {
  what: "this is no disk image",
  allowed: TAKEN,
  remedy: "check where the image comes from, and whether it has to be unpacked first",
};
const VDI_SIGNATURE = 0xbeda107f;
/** Offsets in a VDI, and the kinds that stand alone: dynamic and static. */
const VDI = { signature: 0x40, kind: 0x4c, links: 0x1a8, linksEnd: 0x1c8, alone: [1, 2] } as const;
const VHD = { kind: 60, alone: [2, 3] } as const;

/**
 * The format of an image that a stranger made, told from its bytes, without any program that would open what it names.
 * @throws UserError for all but a disk image of a format that is taken and that needs no other file.
 */
export async function examineImage(bytes: ImageBytes): Promise<DiskFormat> {
  const head = await bytes.read(0, HEAD_BYTES);
  const format = formatOf(head);
  const refusal = format === "raw" ? refuseRaw(head, bytes.size) : await refuse(format, head, bytes);
  if (refusal !== null) throw new UserError(refusal);
  return format;
}

/** Which format a file is of. Whatever begins like no other is raw. Pure. */
export function formatOf(head: Buffer): DiskFormat {
  const start = head.toString("latin1", 0, 8);
  if (start.startsWith("QFI\xfb")) return "qcow2";
  if (start.startsWith("KDMV")) return "vmdk";
  if (start === "vhdxfile") return "vhdx";
  if (start === "conectix") return "vpc";
  const isVdi = head.length >= VDI.kind && head.readUInt32LE(VDI.signature) === VDI_SIGNATURE;
  return isVdi ? "vdi" : "raw";
}

async function refuse(
  format: Exclude<DiskFormat, "raw">,
  head: Buffer,
  bytes: ImageBytes,
): Promise<Refusal | null> {
  switch (format) {
    case "qcow2": {
      const header = readQcow2(head);
      if ("refusal" in header) return header.refusal;
      return header.backing === null ? null : needsAnother(`backing file ${quoted(header.backing.file)}`);
    }
    case "vmdk":
      return refuseVmdk(head);
    case "vhdx":
      return refuseVhdx(bytes);
    case "vdi":
      return refuseVdi(head);
    case "vpc":
      return refuseVhd(head);
  }
}

function refuseVdi(head: Buffer): Refusal | null {
  if (head.length < VDI.linksEnd) return isDamaged("a VDI that ends in its header");
  const alone = (VDI.alone as readonly number[]).includes(head.readUInt32LE(VDI.kind));
  const links = head.subarray(VDI.links, VDI.linksEnd).some((byte) => byte !== 0);
  return alone && !links ? null : needsAnother("a VDI with a parent");
}

function refuseVhd(head: Buffer): Refusal | null {
  if (head.length < 512) return isDamaged("a VHD that ends in its header");
  return (VHD.alone as readonly number[]).includes(head.readUInt32BE(VHD.kind))
    ? null
    : needsAnother("a VHD with a parent");
}

/** Any bytes are a raw disk: what is known to be something else is named. */
function refuseRaw(head: Buffer, size: number): Refusal | null {
  if (size === 0) return { ...NO_DISK, found: "an empty file" };
  const packed = bySignature(PACKED, head);
  if (packed !== undefined) {
    return {
      what: "the image is compressed",
      found: packed,
      remedy: "put the step decompress before what needs a disk image",
    };
  }
  if (isVmdkDescriptor(head)) return needsAnother("a VMDK descriptor, whose data is in other files");
  const disk = bySignature(OTHER_DISKS, head);
  if (disk === "LUKS") return isEncrypted(disk);
  if (disk !== undefined) {
    const remedy = "convert it with qemu-img convert -O qcow2";
    return { what: "the image has a format that is not taken", found: disk, allowed: TAKEN, remedy };
  }
  const other = bySignature(NO_DISKS, head) ?? (isText(head) ? textOf(head) : undefined);
  return other === undefined ? null : { ...NO_DISK, found: other };
}

function textOf(head: Buffer): string {
  const start = head.toString("utf8", 0, 300);
  const page = /^\s*(<!doctype html|<html|<\?xml)/i.test(start);
  return `${page ? "a web page" : "a text"}: ${quoted(start.replace(/\s+/g, " ").trim().slice(0, 60))}`;
}
