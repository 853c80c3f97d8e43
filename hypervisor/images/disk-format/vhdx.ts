import { type ImageBytes, isDamaged, needsAnother, type Refusal } from "./image-bytes";

const REGION_TABLE_AT = 192 * 1024;
const TABLE_BYTES = 64 * 1024;
/** Entries of both tables have this size; more of them than fit is damage. */
const ENTRY_BYTES = 32;
const METADATA_REGION = guid("8b7ca206-4790-4b9a-b8fe-575f050f886e");
const FILE_PARAMETERS = guid("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
const PARENT_LOCATOR = guid("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");
const HAS_PARENT = 2;

/** Why a VHDX is not taken: one with a parent does not stand alone. */
export async function refuseVhdx(bytes: ImageBytes): Promise<Refusal | null> {
  const regions = entriesOf(await bytes.read(REGION_TABLE_AT, TABLE_BYTES), "regi", 8, 16);
  const region = regions?.find((entry) => idOf(entry) === METADATA_REGION);
  if (region === undefined) return isDamaged("a VHDX without metadata");
  const at = Number(region.readBigUInt64LE(16));
  const items = entriesOf(await bytes.read(at, TABLE_BYTES), "metadata", 10, 32);
  const parameters = items?.find((entry) => idOf(entry) === FILE_PARAMETERS);
  if (items === null || parameters === undefined) return isDamaged("a VHDX without metadata");
  const value = await bytes.read(at + parameters.readUInt32LE(16), 8);
  if (value.length < 8) return isDamaged("a VHDX that ends in its metadata");
  const differs = (value.readUInt32LE(4) & HAS_PARENT) !== 0;
  return differs || items.some((entry) => idOf(entry) === PARENT_LOCATOR)
    ? needsAnother("a VHDX with a parent")
    : null;
}

/** Entries of a table, or null when it is none. The count has 32 bits in one table and 16 in the other. */
function entriesOf(
  table: Buffer,
  signature: string,
  countAt: number,
  start: number,
): readonly Buffer[] | null {
  if (table.length < start || table.toString("latin1", 0, signature.length) !== signature) return null;
  const count = table.readUInt16LE(countAt);
  const end = start + count * ENTRY_BYTES;
  if (end > table.length) return null;
  return Array.from({ length: count }, (_, index) =>
    table.subarray(start + index * ENTRY_BYTES, start + (index + 1) * ENTRY_BYTES),
  );
}

function idOf(entry: Buffer): string {
  return entry.toString("hex", 0, 16);
}

/** As it lies in a file: the first three groups are little-endian. */
function guid(text: string): string {
  const [a = "", b = "", c = "", ...rest] = text.split("-");
  const turned = [a, b, c].map((group) => Buffer.from(group, "hex").reverse().toString("hex"));
  return [...turned, ...rest].join("");
}
