import { posix } from "node:path";
import { z } from "zod";
import { cachePaths } from "../cache-paths";
import type { MadeImage } from "../sources/made-image";
import type { Workshop } from "../workshop";

/** Files are linked; only another file system has them copied. */
const TIMEOUT_MS = 3_600_000;

/** What has to be staged in a workshop before anything is kept or taken there. */
export const KEEPING_SCRIPTS: readonly string[] = ["keep-result.sh", "take-result.sh"];

/** `result.json`: what a source or a step gave, beside its files. */
export const KeptResult = z.strictObject({
  /** Name of the image that it was made for. */
  name: z.string(),
  /** The step, for people: `resize to 10240 MiB`. */
  step: z.string(),
  /** Where the image came from, for people. */
  source: z.string(),
  /** What the vendor's list said of the file that it was made from: `sha512:<hex>`. */
  vendorChecksum: z.string().optional(),
  /** Kernel command line that goes with `kernel`. */
  cmdline: z.string().optional(),
  /** Whether an initial file system goes with `kernel`. */
  initrd: z.boolean().optional(),
});
export type KeptResult = z.infer<typeof KeptResult>;

/** Keeps an image on its way for whoever needs the same steps again. Its files must not be changed afterwards. */
export async function keepResult(
  workshop: Workshop,
  key: string,
  about: Pick<KeptResult, "name" | "step">,
  { path, source, vendorChecksum, boot }: MadeImage,
): Promise<void> {
  const { kernel, initrd, cmdline } = boot ?? {};
  const result: KeptResult = {
    ...about,
    source,
    ...(vendorChecksum === undefined ? {} : { vendorChecksum }),
    ...(cmdline === undefined ? {} : { cmdline }),
    ...(initrd === undefined ? {} : { initrd: true }),
  };
  await workshop.run({
    script: "keep-result.sh",
    args: [
      ...[targetOf(workshop, key), "image", path],
      ...(kernel === undefined ? [] : ["kernel", kernel]),
      ...(initrd === undefined ? [] : ["initrd", initrd]),
    ],
    stdin: JSON.stringify(result),
    timeoutMs: TIMEOUT_MS,
  });
}

/**
 * Takes what was kept into a workshop. Its files are shared: they must not be changed.
 * @returns null when there is nothing, or when somebody has changed it.
 */
export async function takeResult(workshop: Workshop, key: string): Promise<MadeImage | null> {
  const text = await workshop.run({
    script: "take-result.sh",
    args: [targetOf(workshop, key)],
    timeoutMs: TIMEOUT_MS,
  });
  const result = parse(text);
  if (result === null) return null;
  const { source, vendorChecksum, cmdline, initrd } = result;
  const taken = (name: string) => posix.join(workshop.folder, "taken", name);
  return {
    path: taken("image"),
    source,
    ...(vendorChecksum === undefined ? {} : { vendorChecksum }),
    ...(cmdline === undefined
      ? {}
      : { boot: { kernel: taken("kernel"), ...(initrd === true && { initrd: taken("initrd") }), cmdline } }),
  };
}

function targetOf({ host }: Workshop, key: string): string {
  return cachePaths(host.spec.imageCachePath).keptResult(key);
}

function parse(text: string): KeptResult | null {
  try {
    return KeptResult.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
