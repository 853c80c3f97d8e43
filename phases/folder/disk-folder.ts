import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { UserError } from "../../definitions/user-error";
import { shownPath } from "./paths";
import type { FolderEntry, PhaseFolder } from "./phase-folder";
import { brokenLink, linkLeaves, notAFile } from "./refusals";

/**
 * A project's folder on the controller's disk.
 *
 * Links are followed as long as they stay inside: the project's folder, or, for what stands beside it, the file or
 * folder that was named. A link that leads further is refused: what it shows is no part of what the phase files
 * name, and may differ in every checkout.
 *
 * @param path absolute
 * @param name relative to the program's folder; for messages
 */
export function openPhaseFolder(path: string, name: string): PhaseFolder {
  return new DiskFolder(path, name);
}

/** Differ between checkouts of one commit, and from run to run: the history of git, and our own results. */
const NOT_CONTENT: ReadonlySet<string> = new Set([".git", ".guest-farm"]);

class DiskFolder implements PhaseFolder {
  private readonly contents = new Map<string, Promise<Buffer>>();
  private readonly digests = new Map<string, Promise<string>>();
  private readonly kinds = new Map<string, Promise<"file" | "folder" | "none">>();

  constructor(
    private readonly root: string,
    readonly name: string,
  ) {}

  localPath(path: string): string {
    return join(this.root, path);
  }

  kind(path: string): Promise<"file" | "folder" | "none"> {
    return once(this.kinds, path, () => this.lookAt(path));
  }

  read(path: string): Promise<Buffer> {
    return once(this.contents, path, async () => {
      await this.checkLinks(path);
      return readFile(this.localPath(path));
    });
  }

  digest(path: string): Promise<string> {
    return once(this.digests, path, async () => {
      await this.checkLinks(path);
      const local = this.localPath(path);
      const read = await this.contents.get(path);
      if (read !== undefined) return createHash("sha256").update(read).digest("hex");
      return (await stat(local)).isDirectory() ? this.digestFolder(path) : digestFile(local);
    });
  }

  async list(path: string): Promise<readonly FolderEntry[]> {
    const entries = await this.walk(this.localPath(path), "");
    return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  private async lookAt(path: string): Promise<"file" | "folder" | "none"> {
    try {
      const found = await stat(this.localPath(path));
      if (found.isDirectory()) return "folder";
      if (found.isFile()) return "file";
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.refuseBrokenLink(path);
      return "none";
    }
    throw notAFile(this.shown(path));
  }

  /** A link to nothing is a mistake, not a file that is absent: its phase would silently not run. */
  private async refuseBrokenLink(path: string): Promise<void> {
    const local = this.localPath(path);
    const found = await lstat(local).catch(() => undefined);
    if (found?.isSymbolicLink() === true) throw brokenLink(this.shown(path), await readlink(local));
  }

  private async walk(folder: string, below: string): Promise<FolderEntry[]> {
    const found: FolderEntry[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (NOT_CONTENT.has(entry.name)) continue;
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) found.push(...(await this.walk(join(folder, entry.name), path)));
      else if (entry.isSymbolicLink()) found.push({ path, kind: "link" });
      else if (entry.isFile()) found.push({ path, kind: "file" });
      else throw notAFile(this.shown(join(relative(this.root, folder), entry.name)));
    }
    return found;
  }

  private async digestFolder(path: string): Promise<string> {
    const local = this.localPath(path);
    const lines: string[] = [];
    for (const entry of await this.list(path)) {
      const file = join(local, entry.path);
      if (entry.kind === "link")
        lines.push(JSON.stringify(["link", entry.path, await this.linkInside(local, file)]));
      else lines.push(JSON.stringify(["file", entry.path, await isExecutable(file), await digestFile(file)]));
    }
    return createHash("sha256").update(lines.join("\n")).digest("hex");
  }

  /** The text of a link that is copied as a link: relative, and to something inside the copied folder. */
  private async linkInside(folder: string, link: string): Promise<string> {
    const target = await readlink(link);
    const inside = !isAbsolute(target) && isBelow(join(dirname(link), target), folder);
    if (!inside) throw linkLeaves(this.shown(relative(this.root, link)), target);
    return target;
  }

  private async checkLinks(path: string): Promise<void> {
    const local = this.localPath(path);
    const fence = isBelow(local, this.root) ? this.root : dirname(local);
    const real = await this.realPath(local, path);
    const allowed = await realpath(fence);
    if (isBelow(real, allowed)) return;
    throw linkLeaves(this.shown(path), relative(dirname(local), real));
  }

  private async realPath(local: string, path: string): Promise<string> {
    try {
      return await realpath(local);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new UserError({ what: "there is no such file", file: this.shown(path) });
    }
  }

  private shown(path: string): string {
    return shownPath(this, path.split(sep).join("/"));
  }
}

function once<T>(memory: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  return made;
}

async function digestFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** Only what git keeps of a file's mode: the rest depends on the umask of the checkout. */
async function isExecutable(path: string): Promise<boolean> {
  return ((await lstat(path)).mode & 0o100) !== 0;
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way.split(sep)[0] !== ".." && !isAbsolute(way));
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP";
}
