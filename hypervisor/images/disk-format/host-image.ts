import type { HypervisorHost } from "../../host";
import type { ImageBytes } from "./image-bytes";

/** Size of a file, or of a disk that is no file. */
const SIZE = `if [ -b "$1" ]; then exec blockdev --getsize64 "$1"; else exec stat -L -c %s -- "$1"; fi`;

/** The bytes of an image on a hypervisor. */
export async function hostImage({ shell }: HypervisorHost, path: string): Promise<ImageBytes> {
  const size = Number(await shell.output({ argv: ["sh", "-c", SIZE, "sh", path] }));
  return {
    size,
    read: async (offset, length) => {
      const chunks: Buffer[] = [];
      await shell.output({
        argv: [
          ...["dd", "status=none", "iflag=skip_bytes,count_bytes,fullblock", `if=${path}`],
          ...[`bs=${length}`, `skip=${offset}`, `count=${length}`],
        ],
        onOutput: (stream, chunk) => {
          if (stream === "stdout") chunks.push(chunk);
        },
      });
      return Buffer.concat(chunks);
    },
  };
}
