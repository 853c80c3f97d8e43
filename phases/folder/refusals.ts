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
