import { realpathSync } from "node:fs";
import { isAbsolute, join, posix, relative, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";

/**
 * Where a folder of the program is for everybody who reads files: this process, the providers and the commands. They
 * share their working folder, which mostly is the program's; a program that the Automation API runs is in a process
 * with a working folder of its own, so that only an absolute path serves all.
 *
 * @param folder relative to the program's, with forward slashes
 */
export function filesFolder(programFolder: string, folder: string): string {
  const here = process.cwd();
  const root = realpathSync(programFolder);
  if (root === realpathSync(here)) return folder;
  const wanted = join(root, folder);
  // Only the language host knows the project's root.
  if (!isAbsolute(pulumi.runtime.getRootDirectory())) return resolve(wanted);
  return relative(here, wanted).split(/[\\/]/).join(posix.sep) || ".";
}
