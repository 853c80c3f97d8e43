import { type Mistake, UserError } from "../../definitions/user-error";
import { INPUT_PREFIXES, type LoadedProject, type MachineInputs } from "../../phases";
import { shownPath } from "../../phases/folder/paths";
import type { LifecycleSpec } from "./spec";

/** What the program has computed keys and digests from, by name; empty: it is not known. */
export type AnnouncedInputs = ReadonlyMap<string, string>;

/**
 * Takes what the program has announced out of the environment of a run's command. Commands of the run must not inherit
 * it: another run that one of them starts has announced its own.
 */
export function takeAnnounced(env: NodeJS.ProcessEnv): AnnouncedInputs {
  const names = Object.keys(env).filter((name) => INPUT_PREFIXES.some((prefix) => name.startsWith(prefix)));
  const announced = new Map(names.map((name) => [name, env[name] ?? ""]));
  for (const name of names) Reflect.deleteProperty(env, name);
  return announced;
}

/**
 * Compares what phases are made of now with what was announced: hours may have passed, in which a file was edited or
 * another branch checked out. A snapshot of the new under the key of the old would be found by everybody.
 *
 * @param machine what is under the phases' content
 * @throws UserError naming every file and value that differs.
 */
export function checkAnnounced(
  loaded: Pick<LoadedProject, "inputs" | "key" | "folder">,
  announced: AnnouncedInputs,
  machine: MachineInputs,
  { keySalt, init }: NonNullable<LifecycleSpec["project"]>,
): void {
  const mistakes = announced.size === 0 ? [] : differences(loaded, announced, keySalt);
  if (mistakes.length > 0) throw new UserError(mistakes);
  if (init.key !== null && init.key !== loaded.key(machine, keySalt)) {
    throw new UserError({
      what: "dependencies or init are not what they were when this run was announced",
      file: loaded.folder.name,
      ...AGAIN,
    });
  }
}

const AGAIN = { remedy: "run `pulumi up` again" } as const;

function differences(
  { inputs, folder }: Pick<LoadedProject, "inputs" | "folder">,
  announced: AnnouncedInputs,
  salt: string,
): readonly Mistake[] {
  const now = inputs(salt);
  const changed = now
    .filter(({ name, value }) => announced.get(name) !== value)
    .map(({ kind, shown, name }): Mistake => {
      const what = announced.has(name)
        ? "was changed after this run was announced"
        : "was no part of what was announced for this run";
      return kind === "file"
        ? { file: shownPath(folder, shown), what, ...AGAIN }
        : { path: shown, what, ...AGAIN };
    });
  const names = new Set(now.map(({ name }) => name));
  const gone = [...announced.keys()]
    .filter((name) => !names.has(name))
    .map((name): Mistake => ({
      file: folder.name,
      what: "something that was announced for this run is not used any more",
      found: name,
      ...AGAIN,
    }));
  return [...changed, ...gone];
}
