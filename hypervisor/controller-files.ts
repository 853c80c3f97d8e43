import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileSlug } from "./guest-files";

/**
 * Where files of stacks and guests are on the controller, below the program's folder:
 *
 *     .guest-farm/<stack>/<guest>/                         results of a guest's runs
 *     .guest-farm/<stack>/{ssh_config,known_hosts,agent}   ways into the guests
 *     .guest-farm/<stack>/facts.json                       what hypervisors have said of themselves
 *     .guest-farm/{state,passphrase,toolchain,...}         of all stacks of the checkout
 */
const FOLDER = ".guest-farm";
/** Names beside the folders of stacks, and beside those of guests: a stack or guest of that name gets another folder. */
const BESIDE_STACKS = ["state", "passphrase", "toolchain", "file-digests.json"];
const BESIDE_GUESTS = ["facts.json", "ssh_config", "known_hosts", "agent"];

/** The folder of all stacks. */
export function stacksFolder(programFolder: string): string {
  return join(programFolder, FOLDER);
}

/** Name of a stack's folder. */
export function stackSlug(stack: string): string {
  return slugBeside(BESIDE_STACKS, stack);
}

export function stackFolder(programFolder: string, stack: string): string {
  return join(stacksFolder(programFolder), stackSlug(stack));
}

export function guestFolder(programFolder: string, stack: string, guest: string): string {
  return join(stackFolder(programFolder, stack), slugBeside(BESIDE_GUESTS, guest));
}

/** Drafts of files are called as the files, with a dot and something. */
function slugBeside(taken: readonly string[], name: string): string {
  const slug = fileSlug(name);
  const isTaken = taken.some((other) => slug === other || slug.startsWith(`${other}.`));
  return isTaken ? `${slug}~${createHash("sha256").update(name).digest("hex").slice(0, 8)}` : slug;
}
