import { shownPath } from "./folder/paths";
import { folderForFile } from "./folder/refusals";
import type { PhaseFolder } from "./folder/phase-folder";
import { FILE_PHASES, type FilePhase } from "./lifecycle/phase-names";

/** Where a guest's files are looked for, from the most specific folder to the most general one. */
export interface LookUp {
  readonly platform: string;
  readonly target: string;
}

const ENDINGS = ["yaml", "yml"] as const;

/** Candidates for a file of the look-up, best first: `<platform>/<target>/`, `<platform>/`, top; `.yaml` before `.yml`. */
export function candidates(name: string, { platform, target }: LookUp): string[] {
  return [`${platform}/${target}/`, `${platform}/`, ""].flatMap((folder) =>
    ENDINGS.map((ending) => `${folder}${name}.${ending}`),
  );
}

/** The one file of each phase: the first candidate that exists. */
export async function findPhaseFiles(
  folder: PhaseFolder,
  lookUp: LookUp,
): Promise<Record<FilePhase, string | null>> {
  const found = await Promise.all(
    FILE_PHASES.map(async (phase) => [phase, await firstFile(folder, candidates(phase, lookUp))] as const),
  );
  return Object.fromEntries(found) as Record<FilePhase, string | null>;
}

/** The `vars.yaml` of each level that has one, from the most general to the most specific. */
export async function findVarsFiles(folder: PhaseFolder, { platform, target }: LookUp): Promise<string[]> {
  const levels = ["", `${platform}/`, `${platform}/${target}/`];
  const found = await Promise.all(
    levels.map((level) =>
      firstFile(
        folder,
        ENDINGS.map((ending) => `${level}vars.${ending}`),
      ),
    ),
  );
  return found.filter((file) => file !== null);
}

async function firstFile(folder: PhaseFolder, paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const kind = await folder.kind(path);
    if (kind === "file") return path;
    if (kind === "folder") throw folderForFile(shownPath(folder, path));
  }
  return null;
}
