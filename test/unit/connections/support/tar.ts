/** One entry of a tar archive, as hostile as the test wants it. */
export interface TarEntry {
  readonly name: string;
  readonly type?: "file" | "hardlink" | "link" | "chardev" | "folder" | "fifo";
  readonly mode?: number;
  readonly target?: string;
  readonly content?: string;
}

const TYPES = { file: "0", hardlink: "1", link: "2", chardev: "3", folder: "5", fifo: "6" };

/** A ustar archive of the entries, in their order. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(partsOf), Buffer.alloc(1024)]);
}

function partsOf({ name, type = "file", mode = 0o644, target = "", content = "" }: TarEntry): Buffer[] {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  const body = Buffer.from(content);
  header.write(name, 0, 100);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(body.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write("        ", 148);
  header.write(TYPES[type], 156);
  header.write(target, 157, 100);
  header.write("ustar\x0000", 257);
  // The null device.
  header.write(octal(1, 8), 329);
  header.write(octal(3, 8), 337);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}
