import { resolve } from "node:path";
import { AGENT_USER } from "../../definitions/agent-user";
import {
  createPhaseRunner,
  loadProject,
  machineOf,
  openPhaseFolder,
  phaseContext,
  phasesPath,
  type LoadedProject,
  type PhaseSubject,
  type StepPorts,
} from "../../phases";
import type { PhaseRunner } from "../../phases/lifecycle/ports";
import { type AnnouncedInputs, checkAnnounced } from "./announced-inputs";
import type { LifecycleSpec } from "./spec";

/**
 * Reads the phase files of a run's project, when nobody else drives its guest any more; null for a guest without a
 * project. What is read is kept: it is what the phases run.
 *
 * @throws UserError with every mistake in them, or with all that is not as it was announced.
 */
export async function loadAnnounced(
  spec: LifecycleSpec,
  announced: AnnouncedInputs,
): Promise<LoadedProject | null> {
  const { project, domain } = spec;
  if (project === null) return null;
  const subject = subjectOf(spec, project);
  const loaded = await loadProject({
    folder: openPhaseFolder(resolve(phasesPath(project.phasesFolder)), project.phasesFolder),
    guest: subject.guest,
    context: phaseContext(subject),
  });
  checkAnnounced(loaded, announced, machineOf(domain), project);
  return loaded;
}

/** Runs the phases of a project; without one there is nothing to run. */
export function phaseRunnerOf(loaded: LoadedProject | null, ports: StepPorts): PhaseRunner {
  if (loaded !== null) return createPhaseRunner(loaded, ports);
  return { fileOf: () => null, run: () => Promise.resolve({ status: "none" }) };
}

/** The same as the program computed the key from: an expression means the same in both. */
function subjectOf(spec: LifecycleSpec, project: NonNullable<LifecycleSpec["project"]>): PhaseSubject {
  const { guest, domain } = spec;
  const { name, platform, target, shell, os, properties, become, connection } = guest;
  return {
    guest: {
      name,
      domain: domain.name,
      arch: domain.arch,
      properties,
      platform,
      target,
      shell,
      os,
      user: connection.type === "ssh" ? connection.user : AGENT_USER,
      ...(become === undefined ? {} : { become }),
    },
    hypervisor: domain.hypervisor.name,
    project: { id: project.id, revision: project.revision, vars: project.vars, secrets: project.secrets },
  };
}
