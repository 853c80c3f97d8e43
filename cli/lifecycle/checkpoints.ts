import type { LifecycleInput } from "../../phases/lifecycle/input";
import type { GuestAccess, GuestPower, SnapshotStore, WantedSnapshot } from "../../phases/lifecycle/ports";
import type { Checkpoints } from "../../phases/steps/ports";

interface CheckpointPorts {
  readonly power: GuestPower;
  readonly snapshots: SnapshotStore;
  readonly access: GuestAccess;
  /** Told what could not be done for a restored guest. */
  readonly warn: (text: string) => void;
}

/** A project's own snapshots inside a run, named so that they never meet those of the lifecycle. */
export function runCheckpoints(ports: CheckpointPorts, input: LifecycleInput): Checkpoints {
  const { power, snapshots, access, warn } = ports;
  const made = new Set<string>();
  const whenReady = (signal: AbortSignal, resumed: boolean) =>
    access.waitUntilReady(signal, () => undefined, resumed);

  return {
    create: async (name, signal) => {
      const wanted = checkpoint(name, input);
      const whileOff = snapshots.takenWhile === "off";
      await access.syncFileSystems(signal);
      signal.throwIfAborted();
      if (whileOff) await power.shutDown(input.shutdown, signal);
      await snapshots.create(wanted, signal);
      made.add(name);
      if (!whileOff) return;
      await power.start(signal);
      await whenReady(signal, false);
    },
    restore: async (name, signal) => {
      if (!made.has(name)) {
        const known = made.size === 0 ? "none was made" : `made were: ${[...made].join(", ")}`;
        throw new Error(`this run has no checkpoint "${name}"; ${known}`);
      }
      await power.powerOff(signal);
      const { resumed } = await snapshots.restore(checkpoint(name, input).name, signal);
      await access.drop();
      if (resumed === "cold") await power.start(signal);
      await whenReady(signal, resumed === "memory");
      if (resumed === "cold") return;
      for (const problem of await access.refresh()) warn(`restoring checkpoint "${name}": ${problem}`);
    },
  };
}

function checkpoint(name: string, { runId, project }: LifecycleInput): WantedSnapshot {
  return {
    kind: "checkpoint",
    name: `checkpoint.${name}`,
    project: project?.id ?? null,
    revision: project?.revision ?? null,
    key: null,
    token: runId,
  };
}
