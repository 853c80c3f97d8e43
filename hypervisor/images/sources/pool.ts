import { posix } from "node:path";
import type { ImageSource } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { convertFile } from "../convert-file";
import { contentSize, inspectImage } from "../inspect";
import { requireSpace } from "../space";
import type { Workshop } from "../workshop";
import type { MadeImage } from "./made-image";

type PoolSource = Extract<ImageSource, { kind: "pool" }>;

/** Copies a volume that is already on the hypervisor: what happens to the volume later does not touch the image. */
export async function copyVolume(
  workshop: Workshop,
  name: string,
  { pool, volume }: PoolSource,
): Promise<MadeImage> {
  const { host } = workshop;
  const found = await host.tryVirsh(["vol-path", "--pool", pool, "--vol", volume]);
  if (found.exitCode !== 0) {
    const pools = await host.virsh(["pool-list", "--all", "--name"]);
    throw new UserError({
      what: `base image "${name}": hypervisor "${host.spec.name}" has no volume "${volume}" in pool "${pool}"`,
      found: found.stderr.trim().split("\n").at(-1) ?? "",
      allowed: `pools: ${pools.trim().split(/\s+/).join(", ")}`,
      remedy: "correct the names, or start the pool",
    });
  }
  const path = found.stdout.trim();
  const { format } = await inspectImage(host, path);
  await requireSpace(host, `to make base image "${name}"`, await contentSize(host, path, format));
  workshop.observer.progress(`copying volume ${pool}/${volume}`);
  const copy = posix.join(workshop.folder, "volume");
  // A volume may lie over another one: the copy stands alone.
  await convertFile(workshop, { path, format }, { path: copy, format });
  return { path: copy, source: `volume ${pool}/${volume}` };
}
