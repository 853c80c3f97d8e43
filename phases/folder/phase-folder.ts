/**
 * A project's folder of phase files, and what the files in it name. Paths are relative to the folder, with forward
 * slashes; `..` leads to what stands beside it. All answers of one instance but those of `watch` are about one moment:
 * a file is read once.
 */
export interface PhaseFolder {
  /** The folder relative to the program's folder: the head of every file name in a message. */
  readonly name: string;
  /** What stands at a path. */
  kind(path: string): Promise<"file" | "folder" | "none">;
  read(path: string): Promise<Buffer>;
  /**
   * sha256 (hex) of a file's content, or of a folder's: its files' paths, executable bits and contents, its links, and
   * its empty folders. The same in every checkout of one commit.
   *
   * @throws UserError for what cannot be digested: a link that leads out of the folder, a socket, a device.
   */
  digest(path: string): Promise<string>;
  /** As `digest`, for what keeps its mode: a file's executable bit counts as well, where its content does not imply it. */
  digestWithMode(path: string): Promise<string>;
  /** Begins to watch what stands at a path, which was digested before, while it is sent. */
  watch(path: string): Promise<FileWatch>;
  /** Absolute path on the controller. */
  localPath(path: string): string;
}

/** A file or folder on the disk, against what its digest was made from. */
export interface FileWatch {
  /** Whether it was the same when the watch began. */
  readonly asDigested: boolean;
  /** Whether nobody has changed it since the watch began. */
  isUntouched(): Promise<boolean>;
}
