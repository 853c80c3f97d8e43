import { nearestName, oneOf } from "../nearest";
import type { MapNode } from "../source/node";
import type { Mistakes } from "../source/mistakes";

/** Keys that users of other tools write, and what they are called here. */
const FOREIGN: Readonly<Record<string, string>> = {
  ram: "memory",
  mem: "memory",
  memory_mb: "memory",
  cpus: "vcpus",
  cores: "vcpus",
  vcpu_count: "vcpus",
  net: "nics",
  network: "nics",
  networks: "nics",
  interfaces: "nics",
  sources: "image",
  metadata: "the keys that were in it",
  virt_domain: "type",
  snapshot_type: "snapshots",
  allowed_phases: "allowedPhases",
  connection_timeout: "readiness",
  retry_count: "shutdown",
  retry_delay: "shutdown",
  default_bus: "defaultBus",
  cloudInit: "seed",
  cloud_init: "seed",
};

/** Keys that mean something, but only in other places. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  extends: "platforms, targets and images",
  name: "entries of guests.list",
  hypervisor: "entries and blocks of guests",
  on: "entries and blocks of guests",
  count: "entries and blocks of guests",
  platform: "entries of guests.list",
  target: "entries of guests.list",
  platforms: "blocks of guests.permutations",
  targets: "blocks of guests.permutations",
};

/**
 * Tells the user's own keys of a definition from mistakes: a key that resembles a known one, that means something in
 * another place, or that another tool uses for something known, is a mistake; any other is a property of the user's
 * own.
 */
export function checkOwnKeys(node: MapNode, known: readonly string[], mistakes: Mistakes): void {
  for (const [written, value] of node.entries) {
    const key = written.startsWith("+") ? written.slice(1) : written;
    if (known.includes(key)) {
      if (key !== written && value.kind !== "list") {
        mistakes.at(
          value.source,
          {
            what: `"${written}" adds to a list, and is given something else`,
            allowed: "a list",
            remedy: `write "${key}" to set it`,
          },
          "key",
        );
      }
      continue;
    }
    const place = Object.hasOwn(ELSEWHERE, key) ? ELSEWHERE[key] : undefined;
    if (place !== undefined) {
      mistakes.at(
        value.source,
        { what: `"${key}" cannot stand here`, remedy: `it belongs to ${place}` },
        "key",
      );
      continue;
    }
    const nearest = nearestName(key, known);
    const foreign = Object.hasOwn(FOREIGN, key) ? FOREIGN[key] : undefined;
    const meant = foreign ?? nearest;
    if (meant === undefined) continue;
    const quoted = known.includes(meant) ? `"${meant}"` : meant;
    mistakes.at(
      value.source,
      {
        what: `there is no key "${key}" here`,
        allowed: oneOf(known, 60),
        remedy:
          foreign === undefined
            ? `did you mean ${quoted}? A property of your own with this name goes under "properties"`
            : `write ${quoted} instead`,
      },
      "key",
    );
  }
}

/** The user's own keys of a definition, with those under `properties`. */
export function ownEntries(node: MapNode, known: ReadonlySet<string>): MapNode["entries"] {
  const own = [...node.entries].filter(([key]) => !known.has(key));
  const properties = node.entries.get("properties");
  return new Map([...(properties?.kind === "map" ? properties.entries : []), ...own]);
}
