import { scriptFailure } from "./script-failure";
import type { Workshop } from "./workshop";

const TIMEOUT_MS = 3_600_000;

interface ImageFile {
  readonly path: string;
  readonly format: string;
}

/**
 * Writes an image anew, with all that it lies over.
 * @throws UserError when the disk becomes full, else CommandError.
 */
export async function convertFile({ host, signal }: Workshop, from: ImageFile, to: ImageFile): Promise<void> {
  const argv = ["qemu-img", "convert", "-U", "-f", from.format, "-O", to.format, from.path, to.path];
  const result = await host.shell.run({ argv: ["nice", ...argv], timeoutMs: TIMEOUT_MS, signal });
  if (result.exitCode !== 0) throw scriptFailure(host, argv, result);
}
