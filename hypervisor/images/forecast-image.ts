import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ImageDefinition } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import { buildSteps, type InstallWay } from "./build-plan";
import { lookUpImage } from "./look-up";
import { SCRIPTS_FOLDER } from "./workshop";

/**
 * What would be done for an image whose packages are installed, for people, before it is done. Changes nothing.
 * @returns null when there is nothing to say: it is in the cache, or its source leaves nothing open.
 */
export async function forecastImage(
  host: HypervisorHost,
  definition: ImageDefinition,
): Promise<string | null> {
  const { name, source } = definition;
  if (source.kind !== "packages" || source.recipe !== "debian") return null;
  if ((await lookUpImage(host, definition)) !== null) return null;
  const steps = buildSteps(source, await installWay(host, source.arch));
  return `base image "${name}" is not in the cache: ${steps.join("; ")}`;
}

/** Asks the host, by what the recipe itself goes by. */
async function installWay(host: HypervisorHost, arch: string): Promise<InstallWay> {
  const functions = readFileSync(join(SCRIPTS_FOLDER, "install-way.sh"), "utf8");
  const script = `${functions}\ninstall_way "$(dpkg --print-architecture)" "$1"`;
  const way = await host.shell.output({ argv: ["bash", "-c", script, "bash", arch], timeoutMs: 10_000 });
  return way.trim() === "guest" ? "guest" : "host";
}
