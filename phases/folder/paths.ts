import { posix } from "node:path";

/** A path that a file of the project names: relative to that file's folder; result relative to the project's folder. */
export function pathFrom(file: string, path: string): string {
  return posix.normalize(posix.join(posix.dirname(file), path));
}

/** Whether a path is one that only this machine has. */
export function isMachinePath(path: string): boolean {
  return posix.isAbsolute(path) || /^[A-Za-z]:[\\/]|^~|^\\\\/.test(path);
}

/** Whether a path names something below the folder it is relative to. */
export function staysBelow(path: string): boolean {
  const normal = posix.normalize(path.replaceAll("\\", "/"));
  return !isMachinePath(normal) && normal !== "." && normal !== ".." && !normal.startsWith("../");
}

/** A path of the project as messages show it: relative to the program's folder. */
export function shownPath(folder: { readonly name: string }, path: string): string {
  return posix.join(folder.name, path);
}
