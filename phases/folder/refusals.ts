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
