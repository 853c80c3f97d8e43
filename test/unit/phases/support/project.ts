import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UserError, type Mistake } from "../../../../definitions/user-error";
import { openPhaseFolder } from "../../../../phases/folder/disk-folder";
import type { GuestFacts, PhaseContext } from "../../../../phases/project/context";
import { loadProject } from "../../../../phases/project/load-project";
import type { LoadedProject } from "../../../../phases/project/loaded-project";

export const GUEST: GuestFacts = {
  platform: "debian-12",
  target: "amd64",
  shell: "sh",
  os: "linux",
  user: "debian",
  become: { user: "root", method: "sudo" },
};

export const CONTEXT: PhaseContext = {
  guest: { name: "debian-12-amd64" },
  platform: { name: "debian-12" },
  target: { name: "amd64", arch: "x86_64" },
  hypervisor: { name: "local" },
  project: { id: "demo" },
  revision: "1",
  vars: {},
  secrets: {},
};

export interface Overrides {
  readonly guest?: Partial<GuestFacts>;
  readonly context?: Partial<PhaseContext>;
}

/** Folders of one test, removed after it. */
const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A folder on disk: text by path, `link:target` for links, `#!` first makes it executable. */
export function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const root = mkdtempSync(join(tmpdir(), "phases-"));
  folders.push(root);
  mkdirSync(join(root, "phases"));
  for (const [path, content] of Object.entries(files)) addFile(root, path, content);
  return root;
}

export function addFile(root: string, path: string, content: string | Buffer): void {
  const file = join(root, "phases", path);
  mkdirSync(dirname(file), { recursive: true });
  if (typeof content === "string" && content.startsWith("link:")) {
    symlinkSync(content.slice("link:".length), file);
    return;
  }
  writeFileSync(file, content);
  chmodSync(file, content.toString().startsWith("#!") ? 0o755 : 0o644);
}

export function load(root: string, overrides: Overrides = {}): Promise<LoadedProject> {
  return loadProject({
    folder: openPhaseFolder(join(root, "phases"), "stacks/x/phases"),
    guest: { ...GUEST, ...overrides.guest },
    context: { ...CONTEXT, ...overrides.context },
  });
}

export function loadFiles(
  files: Readonly<Record<string, string | Buffer>>,
  overrides: Overrides = {},
): Promise<LoadedProject> {
  return load(folderWith(files), overrides);
}

/** The mistakes that a load ends with; fails when it ends with none. */
export async function mistakesOf(
  files: Readonly<Record<string, string | Buffer>>,
  overrides: Overrides = {},
): Promise<readonly Mistake[]> {
  try {
    await loadFiles(files, overrides);
  } catch (error) {
    if (error instanceof UserError) return error.mistakes;
    throw error;
  }
  throw new Error("nobody complained");
}

/** `file:line:column what; did you mean ...` of each mistake. */
export async function complaints(
  files: Readonly<Record<string, string | Buffer>>,
  overrides: Overrides = {},
): Promise<string[]> {
  return (await mistakesOf(files, overrides)).map(({ file, line, column, path, what, remedy }) =>
    [
      `${file?.replace("stacks/x/phases/", "") ?? ""}:${line ?? "-"}:${column ?? "-"}`,
      path,
      what,
      remedy?.startsWith("did you") === true ? `(${remedy})` : undefined,
    ]
      .filter((part) => part !== undefined)
      .join(" "),
  );
}
