import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../definitions/user-error";

const ROOMS = [
  "cli",
  "components",
  "connections",
  "definitions",
  "discovery",
  "hypervisor",
  "phases",
  "program",
  "providers",
];

/**
 * Refuses to run a program against compiled code that is older than its source: Pulumi runs the program from
 * source, but everything that it imports from `dist`.
 *
 * @param programFolder folder with the rooms' sources and `dist`; without sources there is nothing to compare
 * @throws UserError naming the newer file.
 */
export function requireFreshBuild(programFolder: string): void {
  const built = statSync(join(programFolder, "dist", "components", "index.js"), { throwIfNoEntry: false });
  const newest = ROOMS.flatMap((room) => sources(join(programFolder, room))).reduce(
    (latest, file) => (file.mtimeMs > latest.mtimeMs ? file : latest),
    { path: "", mtimeMs: 0 },
  );
  if (newest.path === "" || (built !== undefined && built.mtimeMs >= newest.mtimeMs)) return;
  throw new UserError({
    what: "the compiled code is older than its source",
    file: "dist",
    found: `${newest.path.slice(programFolder.length + 1)} is newer`,
    remedy: "run `npm run build` (the make targets do it themselves)",
  });
}

function sources(folder: string): { path: string; mtimeMs: number }[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, mtimeMs: statSync(path).mtimeMs }));
}
