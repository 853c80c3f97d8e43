import { posix } from "node:path";
import { UserError } from "../../../definitions/user-error";
import { examineImage, formatOf } from "../disk-format/examine";
import { hostImage } from "../disk-format/host-image";
import { type DiskFormat, HEAD_BYTES, needsAnother, quoted } from "../disk-format/image-bytes";
import { readQcow2 } from "../disk-format/qcow2";
import type { HypervisorHost } from "../../host";

/** So many volumes may lie over each other. */
const MAX_DEPTH = 16;

/**
 * The format of a volume, told from its bytes. It may lie over volumes of the same pool, which whoever named the pool
 * has named too; each layer has to say of which format the one under it is, so that nobody guesses.
 * @throws UserError for what is no disk image, and for one that needs any other file.
 */
export async function volumeFormat(host: HypervisorHost, pool: string, path: string): Promise<DiskFormat> {
  let current = path;
  let top: DiskFormat | undefined;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const bytes = await hostImage(host, current);
    const head = await bytes.read(0, HEAD_BYTES);
    const header = formatOf(head) === "qcow2" ? readQcow2(head) : { backing: null };
    if ("refusal" in header || header.backing === null) {
      const format = await examineImage(bytes);
      return top ?? format;
    }
    const { file, format } = header.backing;
    const below = posix.resolve(posix.dirname(current), file);
    if (format !== "qcow2" && format !== "raw") {
      throw new UserError(needsAnother(`backing file ${quoted(file)} of no known format`));
    }
    if (/^[^/]*:/.test(file) || !(await isVolume(host, pool, below))) {
      throw new UserError({
        ...needsAnother(`backing file ${quoted(file)}`),
        allowed: `backing files that are volumes of pool "${pool}"`,
      });
    }
    top ??= "qcow2";
    // A raw volume ends the chain, whatever is written at its start.
    if (format === "raw") return top;
    current = below;
  }
  throw new UserError(needsAnother(`more than ${MAX_DEPTH} volumes over each other`));
}

async function isVolume(host: HypervisorHost, pool: string, path: string): Promise<boolean> {
  const { exitCode, stdout } = await host.tryVirsh(["vol-pool", "--vol", path]);
  return exitCode === 0 && stdout.trim() === pool;
}
