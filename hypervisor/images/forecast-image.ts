import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageDefinition, PlainImage } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import { imageSteps, type InstallWay, stepText } from "./build-plan";
import { cachePaths } from "./cache-paths";
import { lookUpImage } from "./look-up";
import { stepsKey } from "./request-key";
import { stagesOf } from "./steps/stages";
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
  const kept = await keptSteps(host, image);
  if (kept !== null) {
    const left = image.steps.slice(kept).map(stepText);
    const there =
      kept === 0 ? "its source is there" : `its source and ${kept} of ${image.steps.length} steps are there`;
    return [`${there} from an earlier run`, ...left].join("; ");
  }
  const scripts = source.kind === "packages" && source.recipe === "debian";
  return imageSteps(image, scripts ? await installWay(host, source.arch) : "host").join("; ");
}

/** After how many steps the work can go on; null: not even the source is there. */
async function keptSteps(host: HypervisorHost, image: PlainImage): Promise<number | null> {
  if (image.steps.length === 0) return null;
  const paths = cachePaths(host.spec.imageCachePath);
  for (const stage of [...stagesOf(image)].reverse()) {
    if (await host.files.exists(paths.keptResult(stepsKey(stage)))) return stage.steps.length;
  }
  return null;
}

/** Asks the host, by what the recipe itself goes by. */
async function installWay(host: HypervisorHost, arch: string): Promise<InstallWay> {
  const functions = readFileSync(join(SCRIPTS_FOLDER, "install-way.sh"), "utf8");
  const script = `${functions}\ninstall_way "$(dpkg --print-architecture)" "$1"`;
  const way = await host.shell.output({ argv: ["bash", "-c", script, "bash", arch], timeoutMs: 10_000 });
  return way.trim() === "guest" ? "guest" : "host";
}
