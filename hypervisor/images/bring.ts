import { posix } from "node:path";
import type { ImageDefinition } from "../../definitions/images";
import { type HypervisorHost, openHypervisor } from "../host";
import { cachePaths, withPaths } from "./cache-paths";
import { publish, writeIndex } from "./publish";
import type { BaseImageRecord } from "./record";
import { requestKey } from "./request-key";
import type { MadeImage } from "./sources/made-image";
import { formatSize, requireSpace } from "./space";
import { inWorkshop, type Workshop, type WorkshopOptions } from "./workshop";

/** What is held in memory at once. */
const PART_BYTES = 8 * 1024 ** 2;
/** One part into a guest whose CPU is emulated in an emulated one. */
const PART_TIMEOUT_MS = 600_000;

/**
 * Whether an image for a hypervisor comes from the one that it lives on: a guest need not reach what its host has
 * already, nor build what takes an emulated CPU hours. A volume is in the guest's own pool.
 */
export function isBrought({ spec }: HypervisorHost, { source }: Pick<ImageDefinition, "source">): boolean {
  return spec.connection.type === "guest" && source.kind !== "pool";
}

/**
 * Brings the image that answers a definition from the hypervisor that this one lives on.
 *
 * @param ensureBelow makes sure that it is there
 * @throws what `ensureBelow` throws, UserError for no room, Error when the copy is not the image.
 */
export async function bringImage(
  options: Omit<WorkshopOptions, "requestKey">,
  definition: ImageDefinition,
  ensureBelow: (below: HypervisorHost) => Promise<BaseImageRecord>,
): Promise<BaseImageRecord> {
  const { host } = options;
  const { connection } = host.spec;
  if (connection.type !== "guest") throw new Error(`${host.spec.name} lives on no other hypervisor`);
  const below = openHypervisor(connection.hypervisor);
  try {
    const image = await ensureBelow(below);
    const key = requestKey(definition);
    return await inWorkshop({ ...options, requestKey: key }, async (workshop) => {
      const made = await copyImage(workshop, below, image);
      const record = await publish(workshop, definition.name, image.format, made);
      if (record.digest !== image.digest) {
        throw new Error(`the copy of base image "${definition.name}" is not what was copied: try again`);
      }
      const { standIn } = image;
      const entry = { digest: record.digest, ...(standIn === undefined ? {} : { standIn }) };
      await writeIndex(workshop, key, entry);
      return withPaths(cachePaths(host.spec.imageCachePath), record, entry);
    });
  } finally {
    await below.close();
  }
}

/** With the kernel that came with it. */
async function copyImage(
  workshop: Workshop,
  from: HypervisorHost,
  image: BaseImageRecord,
): Promise<MadeImage> {
  const { boot, kernel, initrd } = image;
  const total = [image.size, kernel?.size ?? 0, initrd?.size ?? 0].reduce((sum, size) => sum + size, 0);
  await requireSpace(workshop.host, `to bring base image "${image.name}"`, total);
  workshop.observer.progress(`copying the image from ${from.spec.name} (${formatSize(total)})`);
  const bring = async (path: string, size: number): Promise<string> => {
    const to = posix.join(workshop.folder, `brought${posix.extname(path)}`);
    await copyFile(workshop, from, path, to, size);
    return to;
  };
  const made = { path: await bring(image.path, image.size), source: image.source };
  if (boot === undefined || kernel === undefined) return made;
  const first =
    boot.initrd !== undefined && initrd !== undefined ? await bring(boot.initrd, initrd.size) : null;
  return {
    ...made,
    boot: {
      kernel: await bring(boot.kernel, kernel.size),
      ...(first === null ? {} : { initrd: first }),
      cmdline: boot.cmdline,
    },
  };
}

async function copyFile(
  { host, signal }: Workshop,
  from: HypervisorHost,
  path: string,
  to: string,
  size: number,
): Promise<void> {
  for (let part = 0; part * PART_BYTES < size; part += 1) {
    const chunks: Buffer[] = [];
    await from.shell.output({
      argv: ["dd", "status=none", `if=${path}`, `bs=${PART_BYTES}`, `skip=${part}`, "count=1"],
      onOutput: (stream, chunk) => {
        if (stream === "stdout") chunks.push(chunk);
      },
      timeoutMs: PART_TIMEOUT_MS,
      signal,
    });
    await host.shell.output({
      argv: ["sh", "-c", 'cat >> "$1"', "sh", to],
      stdin: Buffer.concat(chunks),
      timeoutMs: PART_TIMEOUT_MS,
      signal,
    });
  }
}
