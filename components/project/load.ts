import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../definitions/user-error";
import type { LoadedProject } from "../../phases";
import type { DrivenGuest } from "../guest/driven-guest";
import { ProgramError } from "../program-error";
import { loadPhases } from "./load-phases";
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
  guest: DrivenGuest,
  project: ProjectArgs,
  revision: string,
  { vars, secrets }: ProjectValues,
): pulumi.Output<ProjectInputs> {
  const { id, phases } = project;
  return pulumi
    .all([vars, secrets, guest.hypervisor.spec])
    .apply(async ([values, secretValues, hypervisor]): Promise<ProjectInputs> => {
      try {
        const loaded = await loadPhases(guest.definition, hypervisor.name, {
          id,
          revision,
          phases,
          vars: values,
          secrets: secretValues,
        });
        return {
          files: loaded.files,
          key: (machine, salt) => loaded.key(machine, salt),
          describeInputs: (salt) => loaded.describeInputs(salt),
        };
      } catch (error) {
        throw error instanceof UserError ? new ProgramError(error.message) : error;
      }
    });
}
