import { posix } from "node:path";
import { SYSTEM_PATHS } from "../builtin/defaults";
import type { HostConnection, ResolvedHypervisor } from "../resolved";
import { HypervisorDefinition } from "../schemas/hypervisor";
import type { Mistakes } from "../source/mistakes";
import { plainOf, type MapNode } from "../source/node";
import { sourceAt } from "./check-layer";
import { pickSettings } from "./settings";
import { entriesOf } from "./sources";

/** Names of the hypervisors that a farm declares, usable or not. */
export function hypervisorNames(farm: MapNode): string[] {
  return farm.entries.has("hypervisors") ? entriesOf(farm, "hypervisors").map(([name]) => name) : ["local"];
}

/** The hypervisors of a farm; a farm that declares none has the machine that the program runs on, as `local`. */
export function resolveHypervisors(farm: MapNode, mistakes: Mistakes): ResolvedHypervisor[] {
  if (!farm.entries.has("hypervisors")) return [resolveOne("local", {})];
  const declared = entriesOf(farm, "hypervisors");
  const hypervisors = declared.flatMap(([name, node]) => {
    const definition = HypervisorDefinition.safeParse(plainOf(node));
    // What is wrong with its shape has been reported with the farm file.
    if (!definition.success) return [];
    const hypervisor = resolveOne(name, definition.data);
    if (sameFolder(hypervisor)) {
      mistakes.at(sourceAt(node, ["imageCachePath"]), {
        what: "diskPoolPath and imageCachePath are the same folder",
        found: hypervisor.diskPoolPath,
        remedy: "give each a folder of its own",
      });
    }
    return [hypervisor];
  });
  if (declared.length === 0) {
    mistakes.at(sourceAt(farm, ["hypervisors"]), {
      what: "there is no hypervisor",
      remedy: 'add one, as "local: {}", or leave "hypervisors" out to use this machine',
    });
  }
  return hypervisors;
}

function sameFolder({ diskPoolPath, imageCachePath }: ResolvedHypervisor): boolean {
  if (diskPoolPath === undefined || imageCachePath === undefined) return false;
  return posix.resolve(diskPoolPath) === posix.resolve(imageCachePath);
}

function resolveOne(name: string, definition: HypervisorDefinition): ResolvedHypervisor {
  const uri = definition.uri ?? "qemu:///system";
  const paths = uri.endsWith("/session")
    ? { diskPoolPath: undefined, imageCachePath: undefined }
    : SYSTEM_PATHS;
  const limits = definition.limits ?? {};
  return {
    name,
    uri,
    connection: connectionOf(definition.connection ?? "local"),
    diskPoolPath: definition.diskPoolPath ?? paths.diskPoolPath,
    imageCachePath: definition.imageCachePath ?? paths.imageCachePath,
    repairAccess: definition.repairAccess ?? false,
    checkImages: definition.checkImages ?? "quick",
    imageSizeLimit: definition.imageSizeLimit,
    hostAccess: definition.hostAccess ?? [],
    limits: {
      maxGuests: limits.maxGuests,
      memoryMiB: limits.memory,
      cpus: limits.cpus,
      waitSeconds: limits.wait,
    },
    labels: definition.labels ?? {},
    paused: definition.paused ?? false,
    facts: definition.facts,
    settings: pickSettings(definition),
  };
}

function connectionOf(connection: NonNullable<HypervisorDefinition["connection"]>): HostConnection {
  if (connection === "local") return { type: "local" };
  if (typeof connection !== "string") return connection;
  const url = new URL(connection);
  return {
    type: "ssh",
    host: url.hostname,
    ...(url.username !== "" && { user: decodeURIComponent(url.username) }),
    ...(url.port !== "" && { port: Number(url.port) }),
  };
}
