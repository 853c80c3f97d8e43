import { AGENT_USER } from "../../definitions/agent-user";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import { type LoadedProject, loadProject, openPhaseFolder, phaseContext, phasesPath } from "../../phases";
import type { PhaseSubject } from "../../phases";

/** A project whose values are known. */
export interface KnownProject {
  readonly id: string;
  readonly revision: string;
  /** Folder with the phase files, relative to the program's folder. */
  readonly phases: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/**
 * Reads and checks a project's phase files for one guest.
 *
 * @param hypervisor name of the one that the guest lives on
 * @throws UserError with every mistake of every file.
 */
export function loadPhases(
  guest: PlacedGuest,
  hypervisor: string,
  project: KnownProject,
): Promise<LoadedProject> {
  const subject = subjectOf(guest, hypervisor, project);
  return loadProject({
    folder: openPhaseFolder(phasesPath(project.phases), project.phases),
    guest: subject.guest,
    context: phaseContext(subject),
  });
}

function subjectOf(
  guest: PlacedGuest,
  hypervisor: string,
  { id, revision, vars, secrets }: KnownProject,
): PhaseSubject {
  const { auth, platform, target, shell, os } = guest;
  const { become } = auth;
  return {
    guest: {
      name: guest.name,
      domain: guest.domainName,
      arch: guest.arch,
      properties: guestProperties(guest),
      platform,
      target,
      shell,
      os,
      user: guest.connection === "agent" ? AGENT_USER : auth.user,
      ...(become === undefined ? {} : { become: { user: become.user, method: become.method } }),
    },
    hypervisor,
    project: { id, revision, vars, secrets },
  };
}

/** What expressions see of a guest beyond its name: `guest.hostname`, own keys, and its variables. */
export function guestProperties(guest: PlacedGuest): Record<string, unknown> {
  return { ...guest.vars, ...guest.properties, hostname: guest.hostname };
}
