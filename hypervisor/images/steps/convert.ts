import { UserError } from "../../../definitions/user-error";
import { convertFile } from "../convert-file";
import { contentSize, inspectImage } from "../inspect";
import { requireSpace } from "../space";
import type { Workshop } from "../workshop";

/** Brings an image into a format; one that is in it already stays as it is. */
export async function convert(
  workshop: Workshop,
  input: string,
  output: string,
  to: "qcow2" | "raw",
): Promise<string> {
  const { host } = workshop;
  const { format } = await standaloneImage(workshop, input);
  if (format === to) return input;
  const room = await contentSize(host, input, format);
  await requireSpace(host, `to convert the image from ${format} to ${to}`, room);
  workshop.observer.progress(`converting ${format} to ${to}`);
  await convertFile(workshop, { path: input, format }, { path: output, format: to });
  return output;
}

/**
 * Facts of an image that lies over no other file.
 * @throws UserError for one that does, which would bring a file of the hypervisor into the guest, and for one that is
 * still compressed.
 */
export async function standaloneImage(
  workshop: Workshop,
  path: string,
): Promise<{ readonly format: string; readonly virtualSize: number }> {
  const facts = await inspectImage(workshop.host, path);
  if (facts.backing !== undefined) {
    throw new UserError({
      what: "the image lies over another file and is not complete by itself",
      found: `backing file ${facts.backing}`,
      remedy: "use an image that stands alone (qemu-img convert makes one)",
    });
  }
  if (facts.format === "raw") await refuseCompressed(workshop, path);
  return facts;
}

const COMPRESSED: readonly (readonly [string, string])[] = [
  ["1f8b", "gz"],
  ["425a68", "bz2"],
  ["fd377a585a00", "xz"],
  ["28b52ffd", "zst"],
  ["504b0304", "zip"],
];

async function refuseCompressed(workshop: Workshop, path: string): Promise<void> {
  const start = await workshop.host.shell.output({
    argv: ["sh", "-c", 'head -c 6 -- "$1" | od -An -tx1 | tr -d " \\n"', "sh", path],
  });
  const format = COMPRESSED.find(([magic]) => start.startsWith(magic))?.[1];
  if (format === undefined) return;
  throw new UserError({
    what: "the image is compressed",
    found: format,
    remedy: "put the step decompress before what needs a disk image",
  });
}
