import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { misspeltFiles, phasesPath } from "../phases";

/**
 * What to warn of before a run: files that nobody looks up, because their names are nearly those of phase files.
 *
 * @param phases the project's folder of phase files, relative to the program's
 */
export function misspeltPhases(
  phases: string,
  guests: readonly { readonly platform: string; readonly target: string }[],
): readonly string[] {
  const levels = guests.flatMap(({ platform, target }) => [platform, posix.join(platform, target)]);
  return [...new Set(["", ...levels])].flatMap((level) => {
    const folder = posix.join(phases, level);
    return misspeltFiles(filesIn(phasesPath(folder))).map(
      ({ file, meant }) =>
        `${posix.join(folder, file)}: no phase has this name, so that nothing looks for the file: did you mean "${meant}"?`,
    );
  });
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [entry.name] : [],
    );
  } catch {
    // Levels that a project does not use are not there.
    return [];
  }
}
