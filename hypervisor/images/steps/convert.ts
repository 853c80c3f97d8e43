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
  const { format } = await inspectImage(workshop, input);
  if (format === to) return input;
  const room = await contentSize(workshop, input, format);
  await requireSpace(host, `to convert the image from ${format} to ${to}`, room);
  workshop.observer.progress(`converting ${format} to ${to}`);
  await convertFile(workshop, { path: input, format }, { path: output, format: to });
  return output;
}
