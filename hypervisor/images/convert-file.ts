import { runConfined } from "./confined";
import type { Workshop } from "./workshop";

const TIMEOUT_MS = 3_600_000;

interface ImageFile {
  readonly path: string;
  readonly format: string;
}

/**
 * Writes an image of a workshop anew.
 * @throws UserError when the disk becomes full, else CommandError.
 */
export async function convertFile(workshop: Workshop, from: ImageFile, to: ImageFile): Promise<void> {
  await runConfined(workshop, {
    argv: ["qemu-img", "convert", "-f", from.format, "-O", to.format, "./in", "./out"],
    input: from.path,
    output: to.path,
    timeoutMs: TIMEOUT_MS,
  });
}
