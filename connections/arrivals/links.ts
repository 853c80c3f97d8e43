import { posix } from "node:path";

/**
 * Whether a link of a fetched folder leads to something in it, wherever the folder stands and whatever other such links
 * stand beside it: `..` only at the beginning of its target, where the link's own place says how far up that leads. A
 * `..` behind a name may be one behind another link.
 *
 * @param path the link's, relative to the fetched folder
 */
export function staysInside(path: string, target: string): boolean {
  if (target === "" || target.startsWith("/")) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const firstName = parts.findIndex((part) => part !== "..");
  const ups = firstName < 0 ? parts.length : firstName;
  if (parts.includes("..", ups)) return false;
  const depth = posix.normalize(path).split("/").length - 1;
  return ups <= depth;
}

/** Whether a name of an archive is one below the folder that it is unpacked in. */
export function isInnerName(name: string): boolean {
  return !name.startsWith("/") && !name.split("/").includes("..");
}
