import type { Inventory } from "../../../hypervisor/snapshots/inventory";
import type { FileStamp, SnapshotRecord } from "../../../hypervisor/snapshots/record";
import { type CurrentFacts, recordedFacts } from "../../../hypervisor/snapshots/resume-facts";
import type { WantedSnapshot } from "../../../phases/lifecycle/ports";

export const FACTS: CurrentFacts = {
  host: { libvirt: "9.0.0", qemu: "7.2.22", cpu: "cpu" },
  memoryMiB: 256,
  vcpus: 1,
  definitions: { 1: "exact", 2: "definition" },
};

export const stamp = (path: string): FileStamp => ({ path, size: 10, mtime: "1.5", sha256: null });

/** Record of a saved snapshot over a chain of layers. */
export function record(
  name: string,
  chain: readonly string[],
  change: Partial<SnapshotRecord> = {},
): SnapshotRecord {
  const [project = "", revision = ""] = name.split(".");
  const init = name.endsWith(".init");
  return {
    formatVersion: 1,
    id: `id${name.replaceAll(/[^a-z0-9]/g, "")}`,
    name,
    kind: init ? "init" : name === "clean" ? "clean" : "checkpoint",
    project: init ? project : null,
    revision: init ? revision : null,
    token: `token of ${name}`,
    key: `key of ${name}`,
    strategy: "saved",
    owner: { farm: "f", stack: "s", guest: "g", version: "0" },
    createdAt: "2026-01-01T00:00:00.000Z",
    chain: [...chain],
    base: ["/base.qcow2"],
    pristine: false,
    disks: chain.map((layer) => stamp(`layers/${layer}/vda.qcow2`)),
    memory: stamp(`snapshots/id${name.replaceAll(/[^a-z0-9]/g, "")}/memory`),
    nvram: null,
    internal: null,
    resume: recordedFacts(FACTS),
    ...change,
  };
}

export const wanted = (of: SnapshotRecord, change: Partial<WantedSnapshot> = {}): WantedSnapshot => ({
  kind: of.kind,
  name: of.name,
  project: of.project,
  revision: of.revision,
  key: of.key,
  token: "a new token",
  ...change,
});

/**
 * What is there when all is well.
 * @param parents parent of each layer; null: the base.
 */
export function inventory(
  records: readonly SnapshotRecord[],
  parents: Readonly<Record<string, string | null>>,
  current: string,
  change: Partial<Inventory> = {},
): Inventory {
  const stamps = records.flatMap(({ disks, memory, nvram }) => [...disks, memory, nvram]);
  return {
    state: "off",
    definition: "<domain/>",
    running: null,
    records,
    unreadable: [],
    layers: new Map(
      Object.entries(parents).map(([id, parent]) => [id, { id, parent, pristine: false, base: [] }]),
    ),
    currentLayers: [current],
    files: new Map(
      stamps.flatMap((file) => (file === null ? [] : [[file.path, { size: 10, mtime: "1.5" }]])),
    ),
    entries: [
      ...Object.keys(parents).map((id) => `layers/${id}`),
      ...records.flatMap(({ id, name }) => [`snapshots/${name}.json`, `snapshots/${id}`]),
    ],
    bases: new Map([["/base.qcow2", true]]),
    ground: new Map(),
    internal: null,
    latestInternal: null,
    ...change,
  };
}
