import { posix } from "node:path";
import { z } from "zod";
import type { ImageSource } from "../../../definitions/images";
import { UserError } from "../../../definitions/user-error";
import { scriptFailure } from "../script-failure";
import { requireSpace } from "../space";
import { volumeFormat } from "./volume-chain";
import type { HypervisorHost } from "../../host";
import type { Workshop } from "../workshop";
import type { MadeImage } from "./made-image";

const TIMEOUT_MS = 3_600_000;

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
  const format = await volumeFormat(host, pool, path);
  await requireSpace(host, `to make base image "${name}"`, await contentSize(host, path, format));
  workshop.observer.progress(`copying volume ${pool}/${volume}`);
  const copy = posix.join(workshop.folder, "volume");
  // A volume may lie over another one: the copy stands alone.
  const argv = ["qemu-img", "convert", "-U", "-f", format, "-O", format, path, copy];
  const result = await host.shell.run({
    argv: ["nice", ...argv],
    timeoutMs: TIMEOUT_MS,
    signal: workshop.signal,
  });
  if (result.exitCode !== 0) throw scriptFailure(host, argv, result);
  return { path: copy, source: `volume ${pool}/${volume}` };
}

/** Bytes that the content of a volume takes, with what it lies over; holes take none. */
async function contentSize(host: HypervisorHost, path: string, format: string): Promise<number> {
  const text = await host.shell.output({
    argv: ["qemu-img", "measure", "-U", "--output=json", "-f", format, "-O", "qcow2", path],
  });
  return z.object({ required: z.number() }).parse(JSON.parse(text)).required;
}
