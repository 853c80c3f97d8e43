import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file that somebody offers as an image. */
export interface HostileImage {
  readonly name: string;
  /** What the refusal says was found. */
  readonly reason: RegExp;
  /** Makes it in a folder. @param secret a file of the host that it tries to bring into guests */
  readonly make: (folder: string, secret: string) => Buffer;
}

/** An image that qemu-img makes, with bytes changed afterwards. */
function made(
  args: (secret: string) => readonly string[],
  change: (image: Buffer) => void = () => undefined,
): HostileImage["make"] {
  return (folder, secret) => {
    const path = join(folder, "made");
    execFileSync(
      "qemu-img",
      ["create", "-q", ...args(secret)].map((word) => (word === "@" ? path : word)),
      {
        stdio: "pipe",
      },
    );
    const image = readFileSync(path);
    change(image);
    return image;
  };
}

const qcow2 = (change: (image: Buffer) => void) => made(() => ["-f", "qcow2", "@", "1M"], change);

function withExtension(kind: number, content: string) {
  return qcow2((image) => {
    const at = image.readUInt32BE(100);
    image.fill(0, at, at + 512);
    image.writeUInt32BE(kind, at);
    image.writeUInt32BE(content.length, at + 4);
    image.write(content, at + 8);
  });
}

function withBacking(name: string) {
  return qcow2((image) => {
    image.writeBigUInt64BE(4096n, 8);
    image.writeUInt32BE(name.length, 16);
    image.write(name, 4096);
  });
}

/** Bytes in a file of the size of a disk, so that nothing is refused for being short. */
function padded(start: string | Buffer, at = 0): HostileImage["make"] {
  return () => {
    const image = Buffer.alloc(128 * 1024);
    if (typeof start === "string") image.write(start, at, "latin1");
    else start.copy(image, at);
    return image;
  };
}

function descriptor(extent: string, more = ""): string {
  return `# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="monolithicFlat"\n${more}${extent}\n`;
}

/** A VMDK of one file with another descriptor inside. */
function embedded(text: string, change: (image: Buffer) => void = () => undefined): HostileImage["make"] {
  return made(
    () => ["-f", "vmdk", "@", "1M"],
    (image) => {
      image.fill(0, 512, 512 * 21);
      image.write(text, 512);
      change(image);
    },
  );
}

/** VHDX: the file parameters are in the region of metadata, behind a table with the place of each item. */
function withParent(image: Buffer): void {
  const parameters = Buffer.from("3767a1ca36fa434db3b633f0aa44e76b", "hex");
  const entry = image.indexOf(parameters);
  const region = image.lastIndexOf("metadata", entry);
  const value = region + image.readUInt32LE(entry + 16) + 4;
  image.writeUInt32LE(image.readUInt32LE(value) | 2, value);
}

const found = (text: string) => new RegExp(`found: +${text}`);

export const HOSTILE_IMAGES: readonly HostileImage[] = [
  {
    name: "qcow2 over a file of the host",
    reason: found("backing file .*secret"),
    make: made((secret) => ["-f", "qcow2", "-F", "raw", "-b", secret, "@"]),
  },
  {
    name: "qcow2 with its data in a file of the host",
    reason: found("a data file outside of the image"),
    make: (folder, secret) => {
      const other = join(folder, "other");
      const content = made(() => ["-f", "qcow2", "-o", `data_file=${other},data_file_raw=on`, "@", "1M"])(
        folder,
        secret,
      );
      const at = content.indexOf(other);
      content.fill(0, at, at + other.length);
      content.write(secret, at);
      content.writeUInt32BE(secret.length, at - 4);
      return content;
    },
  },
  {
    name: "qcow2 that names a data file without the feature for it",
    reason: found('data file "/etc/passwd"'),
    make: withExtension(0x44415441, "/etc/passwd"),
  },
  {
    name: "qcow2 over a server",
    reason: found('backing file "nbd://'),
    make: withBacking("nbd://127.0.0.1/x"),
  },
  {
    name: "qcow2 over a web server",
    reason: found('backing file "http'),
    make: withBacking("http://127.0.0.1/x"),
  },
  {
    name: "qcow2 over a description in JSON",
    reason: found('backing file "json:'),
    make: withBacking('json:{"driver":"raw","file":{"driver":"file","filename":"/etc/passwd"}}'),
  },
  {
    name: "qcow2 whose backing file has a name that a terminal obeys",
    reason: found('backing file ".u001b\\[2J'),
    make: withBacking("\u001b[2J"),
  },
  {
    name: "qcow2 whose backing file's name is elsewhere",
    reason: found("a backing file whose name cannot be read"),
    make: qcow2((image) => {
      image.writeBigUInt64BE(2n ** 62n, 8);
      image.writeUInt32BE(10, 16);
    }),
  },
  {
    name: "qcow2 that is encrypted",
    reason: found("an encrypted qcow2"),
    make: qcow2((image) => void image.writeUInt32BE(2, 32)),
  },
  {
    name: "qcow2 with unknown features",
    reason: found("unknown features"),
    make: qcow2((image) => void image.writeBigUInt64BE(1n << 40n, 72)),
  },
  {
    name: "qcow2 whose header has no end",
    reason: found("a header of qcow2 without an end"),
    make: qcow2((image) => {
      const at = image.readUInt32BE(100);
      image.writeUInt32BE(0x01020304, at);
      image.writeUInt32BE(0xfffffff0, at + 4);
    }),
  },
  {
    name: "qcow2 that was cut",
    reason: found("qemu-img check says"),
    make: (folder) => {
      const raw = join(folder, "content");
      writeFileSync(raw, randomBytes(1024 ** 2));
      execFileSync("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, join(folder, "made")]);
      return readFileSync(join(folder, "made")).subarray(0, 700_000);
    },
  },
  {
    name: "qcow2 that ends in its header",
    reason: found("a qcow2 image that ends in its header"),
    make: () => Buffer.from("QFI\xfb\0\0\0\x03", "latin1"),
  },
  {
    name: "qcow, the old one",
    reason: found("version 1 of qcow"),
    make: made(() => ["-f", "qcow", "@", "1M"]),
  },
  { name: "QED", reason: found("QED"), make: made(() => ["-f", "qed", "@", "1M"]) },
  { name: "Parallels", reason: found("Parallels"), make: made(() => ["-f", "parallels", "@", "1M"]) },
  { name: "LUKS", reason: found("LUKS"), make: padded("LUKS\xba\xbe") },
  { name: "VMDK of ESX", reason: found("VMDK of ESX"), make: padded("COWD") },
  {
    name: "VMDK descriptor with an extent of the host",
    reason: found("a VMDK descriptor"),
    make: (_folder, secret) => Buffer.from(descriptor(`RW 1 FLAT "${secret}" 0`)),
  },
  {
    name: "VMDK descriptor without its first line",
    reason: found("a VMDK descriptor"),
    make: () => Buffer.from('# a comment\n\nversion=1\nRW 1 FLAT "/etc/passwd" 0\n'),
  },
  {
    name: "VMDK descriptor behind a header",
    reason: found("a VMDK descriptor"),
    make: embedded(descriptor('RW 1 FLAT "/etc/passwd" 0'), (image) => void image.writeBigUInt64LE(0n, 12)),
  },
  {
    name: "VMDK with an extent of the host",
    reason: found('extent "/etc/passwd"'),
    make: embedded(
      'version=1\nparentCID=ffffffff\ncreateType="monolithicSparse"\nRW 1 FLAT "/etc/passwd" 0\n',
    ),
  },
  {
    name: "VMDK with two extents",
    reason: found('extent "b.vmdk"'),
    make: embedded('createType="monolithicSparse"\nRW 1 SPARSE "a.vmdk"\nRW 1 SPARSE "b.vmdk"\n'),
  },
  {
    name: "VMDK with a parent",
    reason: found('parent "/etc/passwd"'),
    make: embedded('createType="monolithicSparse"\nparentCID=ffffffff\nparentFileNameHint="/etc/passwd"\n'),
  },
  {
    name: "VMDK of another kind",
    reason: found('VMDK of the kind "vmfsSparse"'),
    make: embedded('createType="vmfsSparse"\n'),
  },
  {
    name: "VDI with a parent",
    reason: found("a VDI with a parent"),
    make: made(
      () => ["-f", "vdi", "@", "1M"],
      (image) => void image.writeUInt32LE(4, 0x4c),
    ),
  },
  {
    name: "VHD with a parent",
    reason: found("a VHD with a parent"),
    make: made(
      () => ["-f", "vpc", "@", "1M"],
      (image) => void image.writeUInt32BE(4, 60),
    ),
  },
  {
    name: "VHDX with a parent",
    reason: found("a VHDX with a parent"),
    make: made(() => ["-f", "vhdx", "@", "1M"], withParent),
  },
  { name: "VHDX without metadata", reason: found("a VHDX without metadata"), make: padded("vhdxfile") },
  { name: "nothing", reason: found("an empty file"), make: () => Buffer.alloc(0) },
  { name: "a tar archive", reason: found("tar"), make: padded("ustar", 257) },
  { name: "a 7z archive", reason: found("a 7z archive"), make: padded("7z\xbc\xaf\x27\x1c") },
  { name: "a program", reason: found("a program"), make: padded("\x7fELF") },
  { name: "a text", reason: found('a text: "please'), make: () => Buffer.from("please log in\n") },
  {
    name: "a text in UTF-16",
    reason: found("a text"),
    make: () => Buffer.from("\ufeffplease log in\n", "utf16le"),
  },
  {
    name: "a web page",
    reason: found("a web page"),
    make: () => Buffer.from("<!DOCTYPE html><p>please log in</p>"),
  },
];
