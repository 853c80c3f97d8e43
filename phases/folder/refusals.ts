import { UserError } from "../../definitions/user-error";

/** A link whose target is no part of what the phase files name. */
export function linkLeaves(file: string, target: string): UserError {
  return new UserError({
    what: "is a link that leads out of its folder",
    file,
    found: `a link to ${target}`,
    allowed: "a relative link to something inside the folder",
    remedy: "put a copy in its place, or name the other file in the phase file",
  });
}

/**
 * A folder of phase files that is not there: every phase would be skipped, and the run would pass.
 *
 * @param declaredAt where the folder is named; undefined: in a program
 */
export function noPhaseFolder(folder: string, declaredAt?: string): UserError {
  return new UserError({
    what: "there is no such folder of phase files",
    ...(declaredAt === undefined ? {} : { file: declaredAt }),
    found: folder,
    allowed: "a folder with phase files: dependencies.yaml, init.yaml, main.yaml, terminate.yaml",
    remedy: "correct `phases` of the project, or make the folder",
  });
}

/** A file that cannot be read as the text that it has to be. */
export function unfitFile(file: string, found: string): UserError {
  return new UserError({
    what: "cannot be read",
    file,
    found,
    allowed: "a regular file of text, 10 MiB at most",
    remedy: "put the file there, or correct its mode",
  });
}

/** Names that are not UTF-8 cannot be told apart, nor sent as they are. */
export function unfitName(folder: string, name: string): UserError {
  return new UserError({
    what: "holds a file whose name is not UTF-8",
    file: folder,
    found: JSON.stringify(name),
    allowed: "names in UTF-8",
    remedy: "rename the file, as with convmv -f latin1 -t utf8",
  });
}

/** A folder that is called like a file that would be looked for: it would be passed over in silence. */
export function folderForFile(file: string): UserError {
  return new UserError({
    what: "is a folder, and would have to be a file",
    file,
    found: "a folder",
    allowed: "a file",
    remedy: "rename the folder, or put a file in its place",
  });
}

export function notAFile(file: string): UserError {
  return new UserError({
    what: "is neither a file nor a folder",
    file,
    found: "a socket, device or pipe",
    remedy: "remove it, or name something else",
  });
}

export function brokenLink(file: string, target: string): UserError {
  return new UserError({
    what: "is a link that leads nowhere",
    file,
    found: `a link to ${target}`,
    remedy: "remove the link, or make what it leads to",
  });
}
