import { runLimit } from "../../definitions/time-limits";
import type { LifecycleInput } from "../../phases/lifecycle/input";
import { FILE_PHASES } from "../../phases/lifecycle/phase-names";
import type { WantedSnapshot } from "../../phases/lifecycle/ports";
import type { LifecycleSettings, LifecycleSpec } from "./spec";

/** Name of the snapshot that every project on a guest starts from. */
const CLEAN = "clean";

/** What the state machine needs of a specification: no secret, times in milliseconds. */
export function lifecycleInput(spec: LifecycleSpec, runId: string): LifecycleInput {
  const { settings, project } = spec;
  return {
    runId,
    guest: spec.guest.name,
    hypervisor: spec.domain.hypervisor.name,
    project: project === null ? null : { id: project.id, revision: project.revision },
    clean: { kind: "clean", project: null, revision: null, name: CLEAN, ...spec.clean },
    init: initSnapshot(spec),
    allowed: allowedPhases(spec),
    cache: settings.cache !== "off",
    onSnapshotError: settings.onSnapshotError,
    powerOff: settings.powerOff,
    ...(spec.isHypervisor === true ? { livesOn: true } : {}),
    longLived: spec.domain.keepRunning === true,
    canBeAsked: settings.readiness.mode !== "none",
    shutdown: { tries: settings.shutdown.tries, delayMs: settings.shutdown.delay * 1000 },
    keep: settings.keep,
    limits: {
      phaseMs: settings.phaseTimeout * 1000,
      readinessMs: settings.readiness.timeout * 1000,
      runMs: settings.runTimeout === undefined ? wholeRun(settings) : settings.runTimeout * 1000,
    },
  };
}

/** A long-lived guest is started, and once made a snapshot of: nothing is ever restored over it. */
function allowedPhases({ settings, domain }: LifecycleSpec): LifecycleInput["allowed"] {
  if (domain.keepRunning !== true) return settings.allowedPhases;
  return settings.allowedPhases.filter((phase) => phase === "startup" || phase === "create clean");
}

function initSnapshot({ project }: LifecycleSpec): WantedSnapshot | null {
  if (project === null) return null;
  const { id, revision, init } = project;
  return { kind: "init", name: `${id}.${revision}.init`, project: id, revision, ...init };
}

/** Milliseconds. */
function wholeRun({ phaseTimeout, readiness }: LifecycleSettings): number {
  return runLimit(FILE_PHASES.length, phaseTimeout * 1000, readiness.timeout * 1000);
}

/** Every secret of a specification: none of them may be seen in progress, logs or results. */
export function secretsOf(spec: LifecycleSpec): readonly string[] {
  const { connection, become } = spec.guest;
  const login = connection.type === "ssh" ? [connection.privateKey, connection.password] : [];
  const project = spec.project === null ? [] : [...Object.values(spec.project.secrets), spec.project.keySalt];
  const all = [...login, become?.password, ...project];
  return all.filter((secret): secret is string => secret !== undefined && secret !== "");
}
