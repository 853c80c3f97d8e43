import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const KEY = "guest-farm:removeDisks";
const Configured = z.object({ config: z.record(z.string(), z.unknown()).optional() });

/**
 * Whether the disks of long-lived guests go with them: `removeDisks` of the stack's configuration, or the environment
 * (`GUEST_FARM_REMOVE_DISKS=true`). It is read from the file, because a destroy runs no program and hands dynamic
 * providers no configuration. Not readable or anything but `true`: the disks are kept.
 *
 * @param from folder of the Pulumi project or one below, in which the engine starts its providers
 */
export function removeDisks(
  stack: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  from: string = process.cwd(),
): boolean {
  const asked = environment["GUEST_FARM_REMOVE_DISKS"];
  if (asked !== undefined && asked !== "") return asked === "true";
  const folder = projectFolder(from);
  if (folder === null) return false;
  const value = configured(join(folder, `Pulumi.${stack.split("/").at(-1) ?? stack}.yaml`));
  return value === true || value === "true";
}

function projectFolder(from: string): string | null {
  for (let at = from; ; at = dirname(at)) {
    if (existsSync(join(at, "Pulumi.yaml"))) return at;
    if (dirname(at) === at) return null;
  }
}

function configured(file: string): unknown {
  try {
    return Configured.parse(parse(readFileSync(file, "utf8"))).config?.[KEY];
  } catch {
    return undefined;
  }
}
