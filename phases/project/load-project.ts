import { Mistakes } from "../../definitions/source/mistakes";
import { UserError, type Mistake } from "../../definitions/user-error";
import { knownNames, NO_RUN, scopeOf } from "../expressions/scope";
import { noPhaseFolder } from "../folder/refusals";
import { contentKey } from "../key/content-key";
import { describeInputs, phaseInputs } from "../key/describe-inputs";
import { FILE_PHASES, type FilePhase } from "../lifecycle/phase-names";
import { findPhaseFiles, findVarsFiles } from "../lookup";
import { readVars } from "../vars";
import { attempt } from "./attempt";
import { compilePhase, type CompileInputs } from "./compile-phase";
import type { LoadedProject, LoadOptions } from "./loaded-project";
import type { ResolvedPhase } from "./resolved-phase";

const NO_FILES = { dependencies: null, init: null, main: null, terminate: null } as const;

/**
 * Reads and checks the phase files of one project for one guest. Changes nothing.
 *
 * @throws UserError with every mistake of every file at once.
 */
export async function loadProject({ folder, guest, context }: LoadOptions): Promise<LoadedProject> {
  if ((await folder.kind(".")) !== "folder") throw noPhaseFolder(folder.name);
  const mistakes = new Mistakes();
  const varsFiles = (await attempt(mistakes, () => findVarsFiles(folder, guest))) ?? [];
  const vars = await readVars(folder, varsFiles, context.vars, mistakes);
  const merged = { ...context, vars };
  const scope = scopeOf(merged, NO_RUN);
  const files = (await attempt(mistakes, () => findPhaseFiles(folder, guest))) ?? NO_FILES;
  const given = { folder, guest, scope, known: knownNames(scope), mistakes };
  const phases = await compileAll(files, given);
  throwInOrder(mistakes);
  const inputsOf = (salt: string) =>
    phaseInputs(
      FILE_PHASES.flatMap((phase) => phases[phase]?.uses ?? []),
      scope,
      salt,
    );
  return {
    files,
    phases,
    guest,
    context: merged,
    folder,
    key: (machine, salt) => {
      const { dependencies, init } = phases;
      return contentKey({ machine, guest, dependencies, init, scope }, salt);
    },
    inputs: inputsOf,
    describeInputs: (salt) => describeInputs(inputsOf(salt)),
  };
}

async function compileAll(
  files: Readonly<Record<FilePhase, string | null>>,
  inputs: CompileInputs,
): Promise<Record<FilePhase, ResolvedPhase | null>> {
  const phases: Partial<Record<FilePhase, ResolvedPhase | null>> = {};
  for (const phase of FILE_PHASES) {
    const file = files[phase];
    phases[phase] = file === null ? null : await compilePhase(phase, file, inputs);
  }
  return phases as Record<FilePhase, ResolvedPhase | null>;
}

/** @throws UserError with the mistakes in the order in which they stand in the files. */
function throwInOrder(mistakes: Mistakes): void {
  try {
    mistakes.throwAny();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const place = ({ file = "", line = 0, column = 0 }: Mistake) =>
      `${file}\0${String(line).padStart(9, "0")}${String(column).padStart(9, "0")}`;
    throw new UserError([...error.mistakes].sort((a, b) => (place(a) < place(b) ? -1 : 1)));
  }
}
