import type * as pulumi from "@pulumi/pulumi";
import { ArgumentError } from "../argument-error";

/** What phases build: a project in one revision. */
export interface ProjectArgs {
  /** Part of the init snapshot's name. */
  id: string;
  /** Raising it drops the init snapshots of the old one. */
  revision: string | number;
  /** Folder with the phase files, relative to the program's folder. */
  phases: string;
  /** Variables for expressions in phase files. Default: none. */
  vars?: pulumi.Input<Record<string, unknown>>;
  /** Secrets for expressions in phase files, by the name in the expression. Default: none. */
  secrets?: Record<string, pulumi.Input<string>>;
  /** When an update runs `main`. Default: `onChange`. */
  runMain?: "onChange" | "always";
}

/**
 * The revision as text.
 * @throws InputPropertyError for a number that is no whole number, an empty id, or one that no file could have.
 */
export function checkProject(project: ProjectArgs): string {
  if (project.id === "" || /[/\0\n]/.test(project.id)) {
    throw new ArgumentError(
      "project.id",
      `has to be a name without slashes and line breaks; found: ${JSON.stringify(project.id)}`,
    );
  }
  if (typeof project.revision === "number" && !Number.isInteger(project.revision)) {
    throw new ArgumentError(
      "project.revision",
      `has to be a whole number or a text (1.10 and 1.1 are the same number); found: ${project.revision}`,
    );
  }
  return String(project.revision);
}
