import { createHash } from "node:crypto";
import { lstat, readdir, readlink, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { digestOf } from "../../definitions/canonical-json";
import { LEFT_BEHIND } from "../../definitions/left-behind";
import { readUserFile, UserFileError } from "../../definitions/source/user-file";
import { UserError } from "../../definitions/user-error";
import { digestFile, impliesExecutable, isExecutable } from "./file-content";
import { type Footprint, footprintOf, mayHideAChange } from "./footprint";
import { shownPath } from "./paths";
import type { FileWatch, PhaseFolder } from "./phase-folder";
import { brokenLink, linkLeaves, notAFile, unfitFile, unfitName } from "./refusals";

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

/** What is in a folder. `folder`: one in which nothing is. */
interface FolderEntry {
  /** Relative to the folder that was listed, with forward slashes. */
  readonly path: string;
  readonly kind: "file" | "link" | "folder";
}

/** A footprint, and when it was taken, milliseconds since 1970. */
type Mark = Footprint & { readonly takenAt: number };

class DiskFolder implements PhaseFolder {
  private readonly contents = new Map<string, Promise<Buffer>>();
  private readonly digests = new Map<string, Promise<string>>();
  private readonly executables = new Map<string, Promise<boolean>>();
  private readonly kinds = new Map<string, Promise<"file" | "folder" | "none">>();
  /** Taken before anything was read. */
  private readonly marks = new Map<string, Promise<Mark | null>>();

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
      await this.firstMark(path);
      await this.checkLinks(path);
      return this.content(path);
    });
  }

  digest(path: string): Promise<string> {
    return once(this.digests, path, async () => {
      await this.firstMark(path);
      const read = await this.contents.get(path);
      if (read === undefined) return this.digestNow(path);
      await this.checkLinks(path);
      return createHash("sha256").update(read).digest("hex");
    });
  }

  async digestWithMode(path: string): Promise<string> {
    const digest = await this.digest(path);
    const executable = await this.executable(path);
    const local = this.localPath(path);
    if ((await stat(local)).isDirectory() || executable === (await impliesExecutable(local))) return digest;
    return digestOf(["mode", executable ? "executable" : "not executable", digest]);
  }

  async watch(path: string): Promise<FileWatch> {
    const before = await this.mark(path);
    const asDigested = await this.isAsDigested(path, before);
    return {
      asDigested,
      isUntouched: async () => {
        const after = await this.mark(path);
        if (before === null || after?.text !== before.text) return false;
        return !asDigested || !mayHideAChange(before, before.takenAt) || this.hasSameContent(path);
      },
    };
  }

  private content(path: string): Buffer {
    try {
      return readUserFile(this.localPath(path));
    } catch (error) {
      throw error instanceof UserFileError ? unfitFile(this.shown(path), error.message) : error;
    }
  }

  private async isAsDigested(path: string, now: Mark | null): Promise<boolean> {
    const first = await this.firstMark(path);
    if (first === null || now === null) return false;
    if (now.text === first.text && !mayHideAChange(first, first.takenAt)) return true;
    return this.hasSameContent(path);
  }

  /** Whether what is on the disk is what was digested, mode included. Reads all of it. */
  private async hasSameContent(path: string): Promise<boolean> {
    try {
      const executable = await isExecutable(this.localPath(path));
      return (
        executable === (await this.executable(path)) &&
        (await this.digestNow(path)) === (await this.digest(path))
      );
    } catch (error) {
      if (error instanceof UserError || isMissing(error)) return false;
      throw error;
    }
  }

  private executable(path: string): Promise<boolean> {
    return once(this.executables, path, () => isExecutable(this.localPath(path)));
  }

  private firstMark(path: string): Promise<Mark | null> {
    return once(this.marks, path, () => this.mark(path));
  }

  /** Null: there is nothing. */
  private async mark(path: string): Promise<Mark | null> {
    const takenAt = Date.now();
    try {
      return { ...(await footprintOf(this.localPath(path), LEFT_BEHIND)), takenAt };
    } catch (error) {
      if (!isMissing(error)) throw error;
      return null;
    }
  }

  private async digestNow(path: string): Promise<string> {
    await this.checkLinks(path);
    const local = this.localPath(path);
    return (await stat(local)).isDirectory() ? this.digestFolder(path) : digestFile(local);
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
    const entries = await readdir(folder, { withFileTypes: true });
    if (entries.length === 0 && below !== "") return [{ path: below, kind: "folder" }];
    for (const entry of entries) {
      if (LEFT_BEHIND.has(entry.name)) continue;
      if (entry.name.includes("\ufffd")) throw unfitName(this.shown(relative(this.root, folder)), entry.name);
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
    const entries = await this.walk(local, "");
    for (const entry of entries.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      const file = join(local, entry.path);
      if (entry.kind === "folder") lines.push(JSON.stringify(["folder", entry.path]));
      else if (entry.kind === "link")
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

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way.split(sep)[0] !== ".." && !isAbsolute(way));
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP";
}
