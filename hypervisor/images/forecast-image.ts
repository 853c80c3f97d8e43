import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageDefinition } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import { imageSteps, type InstallWay } from "./build-plan";
import { lookUpImage } from "./look-up";
import type { PlainImage } from "./request-key";
import { SCRIPTS_FOLDER } from "./workshop";

/**
 * What would be done for an image, step by step, for people, before it is done. Changes nothing.
 * @returns null when there is nothing to do: it is in the cache.
 */
export async function forecastImage(
  host: HypervisorHost,
  definition: ImageDefinition,
): Promise<string | null> {
  if ((await lookUpImage(host, definition)) !== null) return null;
  const { name, fallback } = definition;
  const wanted = await stepsOf(host, definition);
  const otherwise =
    fallback === undefined ? "" : `; when that cannot be reached: ${await stepsOf(host, fallback)}`;
  return `base image "${name}" is not in the cache: ${wanted}${otherwise}`;
}

async function stepsOf(host: HypervisorHost, image: PlainImage): Promise<string> {
  const { source } = image;
  const scripts = source.kind === "packages" && source.recipe === "debian";
  return imageSteps(image, scripts ? await installWay(host, source.arch) : "host").join("; ");
}

/** Asks the host, by what the recipe itself goes by. */
async function installWay(host: HypervisorHost, arch: string): Promise<InstallWay> {
  const functions = readFileSync(join(SCRIPTS_FOLDER, "install-way.sh"), "utf8");
  const script = `${functions}\ninstall_way "$(dpkg --print-architecture)" "$1"`;
  const way = await host.shell.output({ argv: ["bash", "-c", script, "bash", arch], timeoutMs: 10_000 });
  return way.trim() === "guest" ? "guest" : "host";
}
