import type { GuestFacts, PhaseContext } from "./context";

/** The guest that phase files are read for. */
export interface PhaseSubject {
  readonly guest: GuestFacts & {
    readonly name: string;
    /** Name of the libvirt domain. */
    readonly domain: string;
    readonly arch: string;
    /** Own keys of the definitions: `guest.<key>` in expressions. */
    readonly properties: Readonly<Record<string, unknown>>;
  };
  /** Name of the hypervisor. */
  readonly hypervisor: string;
  readonly project: {
    readonly id: string;
    readonly revision: string;
    readonly vars: Readonly<Record<string, unknown>>;
    readonly secrets: Readonly<Record<string, string>>;
  };
}

/** What expressions see of a subject: the same when a program computes keys and when a lifecycle runs. */
export function phaseContext({ guest, hypervisor, project }: PhaseSubject): PhaseContext {
  return {
    guest: {
      ...guest.properties,
      name: guest.name,
      domain: guest.domain,
      arch: guest.arch,
      user: guest.user,
    },
    platform: { name: guest.platform },
    target: { name: guest.target, arch: guest.arch },
    hypervisor: { name: hypervisor },
    project: { id: project.id },
    revision: project.revision,
    vars: project.vars,
    secrets: project.secrets,
  };
}
