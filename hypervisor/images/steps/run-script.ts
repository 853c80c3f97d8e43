import { readFileSync } from "node:fs";
import { posix } from "node:path";
import type { ImageStep } from "../../../definitions/images";
import type { Workshop } from "../workshop";

/** Runs a user's script on the hypervisor; it changes the image, whose path is `$1`, in place. */
export async function runScript(
  workshop: Workshop,
  image: string,
  { name, script, text, timeout }: Extract<ImageStep, { kind: "run" }>,
): Promise<string> {
  const content = text ?? (script === undefined ? "" : readFileSync(workshop.controllerFile(script), "utf8"));
  await workshop.stage(["run.sh"]);
  const file = posix.join(workshop.folder, "user-script");
  await workshop.host.files.writeAtomic(file, content, "0700");
  await workshop.run({
    script: "run.sh",
    args: [file, image, name ?? script ?? "run"],
    timeoutMs: timeout * 1000,
  });
  await workshop.host.files.remove(file);
  return image;
}
