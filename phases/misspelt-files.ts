import { nearestName } from "../definitions/nearest";
import { FILE_PHASES } from "./lifecycle/phase-names";

/** Names of the files that are looked up, without their ending. */
const KNOWN: readonly string[] = [...FILE_PHASES, "vars"];
const YAML = /\.ya?ml$/;

/** A file that nobody looks up, and the one that it was probably meant to be. */
export interface MisspeltFile {
  readonly file: string;
  readonly meant: string;
}

/**
 * Files of one folder whose names are nearly those of phase files: their phases would be skipped without a word. One
 * beside the file that it would be is taken for what it is called. Pure.
 *
 * @param names of all files in the folder
 */
export function misspeltFiles(names: readonly string[]): readonly MisspeltFile[] {
  const bases = new Set(names.filter((name) => YAML.test(name)).map((name) => name.replace(YAML, "")));
  return names.flatMap((file) => {
    const base = file.replace(YAML, "");
    if (!YAML.test(file) || KNOWN.includes(base)) return [];
    const meant = nearestName(base, KNOWN);
    return meant === undefined || bases.has(meant) ? [] : [{ file, meant: `${meant}.yaml` }];
  });
}
