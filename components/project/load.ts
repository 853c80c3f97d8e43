import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../definitions/user-error";
import { type LoadedProject, loadProject, openPhaseFolder, phaseContext } from "../../phases";
import type { PhaseSubject } from "../../phases";
import type { Guest } from "../guest";
import type { ProjectArgs } from "./project-args";

/** What a program needs of a project's phase files. */
export type ProjectInputs = Pick<LoadedProject, "key" | "describeInputs" | "files">;

/** Values of a project that may only be known when the program runs. */
export interface ProjectValues {
  readonly vars: pulumi.Output<Record<string, unknown>>;
  readonly secrets: pulumi.Output<Record<string, string>>;
}

/** Reads and checks a project's phase files for one guest; mistakes in them end the program without a stack trace. */
export function loadForGuest(
  guest: Guest,
  project: ProjectArgs,
  revision: string,
  { vars, secrets }: ProjectValues,
): pulumi.Output<ProjectInputs> {
  return pulumi
    .all([vars, secrets, guest.hypervisor.spec])
    .apply(async ([values, secretValues, hypervisor]): Promise<ProjectInputs> => {
      const { definition } = guest;
      const { auth, platform, target, shell, os } = definition;
      const subject: PhaseSubject = {
        guest: {
          name: definition.name,
          domain: definition.domainName,
          arch: definition.arch,
          properties: guestProperties(definition),
          platform,
          target,
          shell,
          os,
          user: auth.user,
          ...(auth.become === undefined
            ? {}
            : { become: { user: auth.become.user, method: auth.become.method } }),
        },
        hypervisor: hypervisor.name,
        project: { id: project.id, revision, vars: values, secrets: secretValues },
      };
      try {
        const folder = openPhaseFolder(project.phases, project.phases);
        const loaded = await loadProject({
          folder,
          guest: subject.guest,
          context: phaseContext(subject),
        });
        return {
          files: loaded.files,
          key: (machine, salt) => loaded.key(machine, salt),
          describeInputs: (salt) => loaded.describeInputs(salt),
        };
      } catch (error) {
        throw error instanceof UserError ? new pulumi.RunError(error.message) : error;
      }
    });
}

/** What expressions see of a guest beyond its name: `guest.hostname`, own keys, and its variables. */
export function guestProperties(definition: Guest["definition"]): Record<string, unknown> {
  return { ...definition.vars, ...definition.properties, hostname: definition.hostname };
}
