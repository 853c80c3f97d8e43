import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FORMATS = ["qcow2", "vmdk", "vdi", "vhdx", "vpc", "qed"];
let images: readonly Buffer[] | undefined;

/** Small images of the formats that have headers, as qemu-img makes them. */
export function sampleImages(): readonly Buffer[] {
  if (images !== undefined) return images;
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  try {
    images = FORMATS.map((format) => {
      const path = join(folder, format);
      execFileSync("qemu-img", ["create", "-q", "-f", format, path, "1M"], { stdio: "ignore" });
      return readFileSync(path).subarray(0, 4 * 1024 ** 2);
    });
    return images;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
