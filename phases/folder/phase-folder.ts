/** A file or link below a folder. */
export interface FolderEntry {
  /** Relative to the folder that was listed, with forward slashes. */
  readonly path: string;
  readonly kind: "file" | "link";
}

/**
 * A project's folder of phase files, and what the files in it name. Paths are relative to the folder, with forward
 * slashes; `..` leads to what stands beside it. All answers of one instance are about one moment: a file is read
 * once.
 */
export interface PhaseFolder {
  /** The folder relative to the program's folder: the head of every file name in a message. */
  readonly name: string;
  /** What stands at a path. */
  kind(path: string): Promise<"file" | "folder" | "none">;
  /** All files and links below a folder, sorted by path; those in folders named `.git` and `.guest-farm` left out. */
  list(path: string): Promise<readonly FolderEntry[]>;
  read(path: string): Promise<Buffer>;
  /**
   * sha256 (hex) of a file's content, or of a folder's: its files' paths, executable bits and contents, and its
   * links. The same in every checkout of one commit.
   *
   * @throws UserError for what cannot be digested: a link that leads out of the folder, a socket, a device.
   */
  digest(path: string): Promise<string>;
  /** Absolute path on the controller. */
  localPath(path: string): string;
}
