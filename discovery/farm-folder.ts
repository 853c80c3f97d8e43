import { readdirSync, realpathSync, statSync, type Stats } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { UserError } from "../definitions/user-error";
import { readDefinitionFile } from "./read-definition-file";

/** A farm file and the definition files beside it, read and not yet understood. */
export interface FarmFolder {
  /** The farm file; its name is relative to the program's folder. */
  readonly farmFile: { readonly name: string; readonly text: string };
  /** Text of every definition file by its path relative to the farm file's folder, with forward slashes. */
  readonly files: Readonly<Record<string, string>>;
  /** The farm file's folder, relative to the program's folder. */
  readonly folder: string;
}

const DEFINITION_FOLDERS = ["platforms", "targets", "projects", "templates"];
const DEFINITION_FILES = /\.(ya?ml|xml)$/;

/**
 * Reads a farm file and what stands beside it.
 *
 * @param programFolder absolute folder of the Pulumi program
 * @param farmPath the farm file, relative to the program's folder
 * @throws UserError when there is no such farm file; it lists the stacks that have one.
 */
export function readFarmFolder(programFolder: string, farmPath: string): FarmFolder {
  const path = join(programFolder, farmPath);
  const folder = dirname(path);
  const files: Record<string, string> = {};
  for (const name of DEFINITION_FOLDERS) {
    const definitions = join(folder, name);
    requireFolder(definitions, toPosix(relative(programFolder, definitions)));
    for (const file of listFiles(definitions)) {
      if (!DEFINITION_FILES.test(file)) continue;
      const shown = toPosix(relative(programFolder, file));
      files[toPosix(relative(folder, file))] = readDefinitionFile(file, shown) ?? refuseLink(shown);
    }
  }
  return {
    farmFile: { name: toPosix(farmPath), text: readFarmFile(programFolder, path, farmPath) },
    files,
    folder: toPosix(relative(programFolder, folder)) || ".",
  };
}

function readFarmFile(programFolder: string, path: string, farmPath: string): string {
  const text = readDefinitionFile(path, toPosix(farmPath));
  if (text !== undefined) return text;
  const ready = listReadyStacks(programFolder);
  throw new UserError({
    what: "there is no farm file for this stack",
    file: farmPath,
    found: "no such file",
    allowed: ready.length > 0 ? `a stack with a farm file: ${ready.join(", ")}` : "a farm file",
    remedy:
      "write the file, select another stack, or set `pulumi config set guest-farm:farm path/to/farm.yaml`",
  });
}

/** A name of a folder under which there is no file. */
function refuseLink(file: string): never {
  throw new UserError({
    what: "is a link that leads nowhere",
    file,
    remedy: "remove the link, or make what it leads to",
  });
}

function listReadyStacks(programFolder: string): string[] {
  const stacks = join(programFolder, "stacks");
  return namesIn(stacks).filter((name) => exists(join(stacks, name, "farm.yaml")));
}

/** @throws UserError for a file where definitions would be looked for: it would be passed over in silence. */
function requireFolder(path: string, file: string): void {
  if (!exists(path) || isFolder(path)) return;
  throw new UserError({
    what: "is no folder",
    file,
    found: "a file",
    allowed: `a folder of definitions, as ${file}/debian-12.yaml`,
    remedy: "rename the file, or move it into a folder of that name",
  });
}

/** @param above real paths of the folders on the way: a link back to one of them would never end */
function listFiles(folder: string, above: readonly string[] = []): string[] {
  if (!isFolder(folder)) return [];
  const real = realpathSync(folder);
  if (above.includes(real)) {
    throw new UserError({
      what: "is a link that leads back to a folder above it",
      file: folder,
      remedy: "remove the link",
    });
  }
  return namesIn(folder)
    .map((name) => join(folder, name))
    .flatMap((path) => (isFolder(path) ? listFiles(path, [...above, real]) : [path]));
}

function namesIn(folder: string): string[] {
  return isFolder(folder) ? readdirSync(folder).sort() : [];
}

function isFolder(path: string): boolean {
  return lookAt(path)?.isDirectory() ?? false;
}

function exists(path: string): boolean {
  return lookAt(path) !== undefined;
}

/** Undefined for what cannot be looked at, a link to itself included: reading it says why. */
function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function toPosix(path: string): string {
  return path.split(/[\\/]/).join(posix.sep);
}
