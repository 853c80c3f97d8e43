import { posix } from "node:path";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import type { WantedSnapshot } from "../../phases/lifecycle/ports";
import { CommandError } from "../../connections/shell";
import { layerDisk, writeLayer } from "../domain/layers";
import {
  currentLayer,
  inventoryOf,
  type KnownInventory,
  layerSources,
  newSnapshotId,
  requireState,
  type SnapshotContext,
} from "./context";
import { defineDisks } from "./define-disks";
import { describeSnapshot } from "./describe";
import { freeze } from "./frozen-files";
import { frozenLayers } from "./layer-graph";
import { nvramUnchanged, restoreNvram, saveNvram } from "./nvram";
import { layerOfRecord, type SnapshotRecord } from "./record";
import { snapshotFolder, writeRecord } from "./record-file";

/** Memory goes into a disk, or comes out of it. */
const LIVE_TIMEOUT_MS = COMMAND_LIMITS.memory;

/** Takes libvirt's internal snapshot of a running guest: disks and memory go into the current layer's disk files. */
export async function takeLive(context: SnapshotContext, wanted: WantedSnapshot): Promise<void> {
  const { host, files, spec, disks } = context;
  const before = await inventoryOf(context);
  requireState(context, before, "on");
  const layer = currentLayer(context, before);
  const id = newSnapshotId();
  const internal = `guest-farm-${id}`;
  try {
    await host.files.mkdir(files.snapshots, "0711");
    await host.files.mkdir(snapshotFolder(files, id), "0700");
    const nvram = await saveNvram(context, id);
    await host.virsh(["snapshot-create-as", "--domain", spec.name, "--name", internal], {
      timeoutMs: LIVE_TIMEOUT_MS,
    });
    if (nvram !== null && !(await nvramUnchanged(context, nvram))) {
      throw new Error("the firmware changed its variables while the snapshot was taken");
    }
    await host.files.flush(...disks.writable.map(({ device }) => layerDisk(files, layer, device)));
    const [frozen] = nvram === null ? [] : await freeze(context, { disks: [], secret: [nvram.path] });
    const made = {
      id,
      strategy: "live",
      layer,
      disks: disks.writable.map(({ device }) => ({
        path: posix.relative(files.folder, layerDisk(files, layer, device)),
        size: null,
        mtime: null,
        sha256: null,
      })),
      memory: null,
      nvram: nvram === null ? null : nvram.stamp(frozen),
      internal,
    } as const;
    await writeRecord(host, files, describeSnapshot(context, wanted, made, before));
  } catch (error) {
    await deleteInternal(context, internal).catch(() => undefined);
    await host.files.remove(snapshotFolder(files, id)).catch(() => undefined);
    throw error;
  }
}

/** Goes back to an internal snapshot: with memory the guest is on afterwards, else its disks are those of then. */
export async function restoreLive(
  context: SnapshotContext,
  record: SnapshotRecord,
  inventory: KnownInventory,
  resume: "memory" | "cold",
): Promise<void> {
  const { host, files, spec } = context;
  const layer = layerOfRecord(record);
  const known = inventory.layers.get(layer);
  if (record.internal === null || known === undefined || frozenLayers(inventory).has(layer)) {
    throw new Error(`the disks of snapshot "${record.name}" are not free to go back in`);
  }
  await restoreNvram(context, record);
  await writeLayer(host, files, { ...known, pristine: record.pristine });
  if (resume === "memory") {
    await host.virsh(
      ["snapshot-revert", "--domain", spec.name, "--snapshotname", record.internal, "--running"],
      { timeoutMs: LIVE_TIMEOUT_MS },
    );
    return;
  }
  const sources = layerSources(context, layer);
  await Promise.all(
    Object.values(sources).map((disk) =>
      host.shell.output({
        // This command has no other way to say the format; a comma in the name of the file is doubled.
        argv: [
          ...["qemu-img", "snapshot", "-q", "-a", record.internal ?? "", "--image-opts"],
          `driver=qcow2,file.driver=file,file.filename=${disk.replaceAll(",", ",,")}`,
        ],
        timeoutMs: LIVE_TIMEOUT_MS,
      }),
    ),
  );
  await defineDisks(context, inventory, { sources });
}

/** Takes an internal snapshot out of the disks. One that is not there is fine. */
export async function deleteInternal({ host, spec }: SnapshotContext, internal: string): Promise<void> {
  const command = ["snapshot-delete", "--domain", spec.name, "--snapshotname", internal];
  const result = await host.tryVirsh(command, { timeoutMs: LIVE_TIMEOUT_MS });
  if (
    result.exitCode === 0 ||
    /snapshot not found|no domain snapshot with matching name/i.test(result.stderr)
  )
    return;
  throw new CommandError(host.shell.description, ["virsh", ...command], result);
}
