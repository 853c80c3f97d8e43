import { chmod, lstat, readdir, readlink, rm } from "node:fs/promises";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { type ArrivalLimits, tooLarge, tooMany } from "./limits";
import { staysInside } from "./links";

/** What was left out of a fetched folder. */
export interface LeftOut {
  /** Relative to the folder. */
  readonly path: string;
  readonly why: string;
}

/**
 * Leaves in a folder that a guest has sent what may stay on this machine: files, folders, and links to what is in the
 * same folder, with plain modes. Everything else is removed and told.
 *
 * @param folder in a place that nobody else writes to
 * @throws UserError when there is more than the limits allow
 */
export async function sift(folder: string, limits: ArrivalLimits): Promise<LeftOut[]> {
  const sieve = new Sieve(folder, limits);
  await sieve.folder("");
  return sieve.leftOut();
}

class Sieve {
  private readonly out: LeftOut[] = [];
  private readonly shared = new Map<string, { count: number; wanted: number; paths: string[] }>();
  private bytes = 0;
  private files = 0;

  constructor(
    private readonly root: string,
    private readonly limits: ArrivalLimits,
  ) {}

  async folder(path: string): Promise<void> {
    const full = join(this.root, path);
    await chmod(full, ((await lstat(full)).mode & 0o777) | 0o700);
    for (const name of (await readdir(full)).sort()) await this.entry(path === "" ? name : `${path}/${name}`);
  }

  /** Hard links to a file that is not in the folder are known only when all of it was seen. */
  async leftOut(): Promise<LeftOut[]> {
    for (const { count, wanted, paths } of this.shared.values()) {
      if (count === wanted) continue;
      for (const path of paths) await this.leave(path, "a hard link to something else");
    }
    return this.out;
  }

  private async entry(path: string): Promise<void> {
    this.files += 1;
    if (this.files > this.limits.files) throw tooMany(this.limits);
    const full = join(this.root, path);
    const found = await lstat(full);
    if (found.isDirectory()) return this.folder(path);
    if (found.isSymbolicLink()) {
      const target = await readlink(full);
      if (!staysInside(path, target)) await this.leave(path, `a link to ${target}`);
    } else if (found.isFile()) await this.file(path, full, found);
    else await this.leave(path, specialKind(found));
  }

  private async file(path: string, full: string, { size, mode, nlink, dev, ino }: Stats): Promise<void> {
    if (nlink > 1) {
      const id = `${dev}:${ino}`;
      const known = this.shared.get(id) ?? { count: 0, wanted: nlink, paths: [] };
      known.count += 1;
      known.paths.push(path);
      this.shared.set(id, known);
      if (known.count > 1) return;
    }
    // Holes count: whoever copies the file writes them.
    this.bytes += size;
    if (this.bytes > this.limits.bytes) throw tooLarge(this.limits);
    await chmod(full, (mode & 0o777) | 0o400);
  }

  private async leave(path: string, why: string): Promise<void> {
    await rm(join(this.root, path), { force: true });
    this.out.push({ path, why });
  }
}

function specialKind(found: Stats): string {
  if (found.isFIFO()) return "a named pipe";
  if (found.isSocket()) return "a socket";
  return "a device";
}
