import { posix } from "node:path";
import type { ImageStep } from "../../../definitions/images";
import { probeKvm } from "../../facts/kvm-probe";
import type { Workshop } from "../workshop";
import { inspectImage } from "../inspect";

const TIMEOUT_MS = 3_600_000;

/** Changes the system inside an image by virt-customize, which runs on the hypervisor in a machine of its own. */
export async function customize(
  workshop: Workshop,
  image: string,
  { packages, commands, files }: Extract<ImageStep, { kind: "customize" }>,
): Promise<string> {
  const { format } = await inspectImage(workshop, image);
  const uploads = await Promise.all(
    files.map(async ({ path, content, mode }, index) => {
      const file = posix.join(workshop.folder, `file-${index + 1}`);
      await workshop.host.files.writeAtomic(file, content, "0600");
      return ["--upload", `${file}:${path}`, "--chmod", `${mode ?? "0644"}:${path}`];
    }),
  );
  // Commands may be long or hold what is not for everybody's eyes: they travel in files as well.
  const runs = await Promise.all(
    commands.map(async (command, index) => {
      const file = posix.join(workshop.folder, `command-${index + 1}`);
      await workshop.host.files.writeAtomic(file, `#!/bin/sh\n${command}\n`, "0700");
      return ["--run", file];
    }),
  );
  await workshop.stage(["customize.sh"]);
  const kvm = await probeKvm(workshop.host.shell);
  await workshop.run({
    script: "customize.sh",
    args: [
      kvm.works ? "kvm" : "tcg",
      ...["--add", image, "--format", format],
      ...(packages.length === 0 ? [] : ["--install", packages.join(",")]),
      ...uploads.flat(),
      ...runs.flat(),
    ],
    timeoutMs: TIMEOUT_MS,
  });
  return image;
}
