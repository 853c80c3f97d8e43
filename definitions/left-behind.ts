/**
 * Folders and files of these names are no content of a folder that is copied into a guest: they differ between checkouts
 * of one commit and from run to run (the history of git, our own results), and may hold credentials.
 */
export const LEFT_BEHIND: ReadonlySet<string> = new Set([".git", ".guest-farm"]);
