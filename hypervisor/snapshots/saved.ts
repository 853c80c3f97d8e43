import { posix } from "node:path";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import type { WantedSnapshot } from "../../phases/lifecycle/ports";
import { layerDisk, layerFolder, newLayerId, writeLayer } from "../domain/layers";
import { currentLayer, inventoryOf, newSnapshotId, requireState, type SnapshotContext } from "./context";
import { diskSources } from "./definition-disks";
import { describeSnapshot } from "./describe";
import { freeze } from "./frozen-files";
import { assertRoom, noRoom, roomForMemory } from "./room";
import { nvramUnchanged, saveNvram } from "./nvram";
import { snapshotFolder, writeRecord } from "./record-file";

/** Saving writes the guest's memory to disk. */
const SAVE_TIMEOUT_MS = COMMAND_LIMITS.memory;

/**
 * Takes a snapshot of a running guest: its disks are frozen as they are, the guest goes on in a new layer, and its
 * memory of that moment is in a file beside. Until the record is written, an older snapshot of the name is in force.
 */
export async function takeSaved(context: SnapshotContext, wanted: WantedSnapshot): Promise<void> {
  const { host, files, disks } = context;
  const before = await inventoryOf(context);
  requireState(context, before, "on");
  const layer = currentLayer(context, before);
  await assertRoom(context);
  const id = newSnapshotId();
  const next = newLayerId();
  const memory = posix.join(snapshotFolder(files, id), "memory");
  try {
    await host.files.mkdir(files.snapshots, "0711");
    await host.files.mkdir(snapshotFolder(files, id), "0700");
    const nvram = await saveNvram(context, id);
    const parent = before.layers.get(layer);
    if (parent === undefined) throw new Error(`the record of layer ${layer} is missing`);
    const { pristine, base } = parent;
    await writeLayer(host, files, { id: next, parent: layer, pristine, base });
    await host
      .virsh(snapshotCommand(context, { layer: next, memory, running: before.running ?? "" }), {
        timeoutMs: SAVE_TIMEOUT_MS,
      })
      .catch((error: unknown) => explainFailure(context, error));
    if (nvram !== null && !(await nvramUnchanged(context, nvram))) {
      throw new Error("the firmware changed its variables while the snapshot was taken");
    }
    const frozen = disks.writable.map(({ device }) => layerDisk(files, layer, device));
    const stamps = await freeze(context, {
      disks: frozen,
      secret: [memory, ...(nvram === null ? [] : [nvram.path])],
    });
    const made = {
      id,
      strategy: "saved",
      layer,
      disks: stamps.slice(0, frozen.length),
      memory: stamps[frozen.length] ?? null,
      nvram: nvram === null ? null : nvram.stamp(stamps[frozen.length + 1]),
      internal: null,
    } as const;
    await writeRecord(host, files, describeSnapshot(context, wanted, made, before));
  } catch (error) {
    await dropTraces(context, id, next).catch(() => undefined);
    throw error;
  }
}

/** One command for all disks: they are frozen at one moment, or none is. */
function snapshotCommand(
  { spec, files, disks }: SnapshotContext,
  { layer, memory, running }: { layer: string; memory: string; running: string },
): readonly string[] {
  const writable = disks.writable.map(({ device }) => device);
  const others = [...diskSources(running)].filter(
    ([device, source]) => source !== null && !writable.includes(device),
  );
  return [
    "snapshot-create-as",
    "--domain",
    spec.name,
    "--no-metadata",
    "--atomic",
    "--live",
    "--memspec",
    `file=${listValue(memory)},snapshot=external`,
    ...writable.flatMap((device) => [
      "--diskspec",
      `${device},snapshot=external,driver=qcow2,file=${listValue(layerDisk(files, layer, device))}`,
    ]),
    ...others.flatMap(([device]) => ["--diskspec", `${device},snapshot=no`]),
  ];
}

/** virsh ends a value at a comma; a comma inside is written twice. */
function listValue(path: string): string {
  return path.replaceAll(",", ",,");
}

async function explainFailure(context: SnapshotContext, error: unknown): Promise<never> {
  const room = await roomForMemory(context).catch(() => null);
  if (room !== null && room.free < room.needed) throw new Error(noRoom(context, room), { cause: error });
  throw error;
}

/** Removes what a failed attempt left, unless the guest writes into it already. */
async function dropTraces(context: SnapshotContext, id: string, layer: string): Promise<void> {
  const { host, files } = context;
  const now = await inventoryOf(context);
  const inUse = now.currentLayers.includes(layer);
  await host.files.remove(snapshotFolder(files, id), ...(inUse ? [] : [layerFolder(files, layer)]));
}
