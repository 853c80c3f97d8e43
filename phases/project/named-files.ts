import type { Mistakes } from "../../definitions/source/mistakes";
import type { Source } from "../../definitions/source/node";
import { isMachinePath, pathFrom, shownPath } from "../folder/paths";
import type { PhaseFolder } from "../folder/phase-folder";
import { attempt } from "./attempt";

/** The files and folders of the project that a phase is made from. */
export class NamedFiles {
  private readonly paths = new Set<string>();
  /** Those whose mode the guest gets as well. */
  private readonly withMode = new Set<string>();

  constructor(
    private readonly folder: PhaseFolder,
    private readonly mistakes: Mistakes,
  ) {}

  add(path: string): void {
    this.paths.add(path);
  }

  /**
   * Takes a path as a phase file writes it, and returns it relative to the project's folder; undefined (and a
   * mistake) when there is nothing of a wanted kind.
   *
   * @param keepsMode whether the guest gets the file with its mode
   */
  async name(
    written: string | undefined,
    file: string,
    source: Source,
    kinds: readonly ("file" | "folder")[],
    keepsMode = false,
  ): Promise<string | undefined> {
    const path = await this.locate(written, file, source, kinds);
    if (path === undefined) return undefined;
    this.paths.add(path);
    if (keepsMode) this.withMode.add(path);
    return path;
  }

  /** As `name`, for a place that the phase is not made from. */
  async locate(
    written: string | undefined,
    file: string,
    source: Source,
    kinds: readonly ("file" | "folder")[],
  ): Promise<string | undefined> {
    if (written === undefined) return undefined;
    if (isMachinePath(written)) {
      this.mistakes.at(source, {
        what: "has to be a path relative to this file",
        found: written,
        remedy: "put the file beside the phase files: another checkout has no such path",
      });
      return undefined;
    }
    const path = pathFrom(file, written).replace(/(?<=.)\/+$/, "");
    const kind = await attempt(this.mistakes, () => this.folder.kind(path));
    if (kind === undefined) return undefined;
    if (kind === "none" || !kinds.includes(kind)) {
      this.mistakes.at(source, {
        what: kind === "none" ? "there is no such file" : `is a ${kind}`,
        found: shownPath(this.folder, path),
        allowed: `a ${kinds.join(" or a ")}, relative to this file`,
      });
      return undefined;
    }
    return path;
  }

  async read(path: string): Promise<Buffer> {
    return this.folder.read(path);
  }

  /** sha256 by path. What cannot be digested is a mistake, and left out. */
  async digests(): Promise<Record<string, string>> {
    const digests: Record<string, string> = {};
    for (const path of [...this.paths].sort()) {
      const digest = await attempt(this.mistakes, () =>
        this.withMode.has(path) ? this.folder.digestWithMode(path) : this.folder.digest(path),
      );
      if (digest !== undefined) digests[path] = digest;
    }
    return digests;
  }
}
