import { execFileSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import type { PlacedGuest } from "../../definitions/placement/place-farm";
import { readUserFile } from "../../definitions/source/user-file";
import { type Mistake, UserError } from "../../definitions/user-error";

/** A key pair of the user, which a guest's login accepts. */
export interface KeyFile {
  /** Secret. */
  readonly privateKey: string;
  /** One line without the line's end. */
  readonly publicKey: string;
}

/** Private keys have a few kilobytes. */
const KEY_BYTES = 1024 ** 2;

/** The key file that a guest's definition names; undefined: it has the farm's own key, or a password. */
export function keyFileOf({ auth: { key } }: Pick<PlacedGuest, "auth">): string | undefined {
  if (key === undefined || key === "generated") return undefined;
  return key.startsWith("~/") ? join(homedir(), key.slice(2)) : key;
}

/**
 * Reads a private key file of the controller and works out its public key.
 *
 * @param path absolute, or relative to the program's folder
 * @throws UserError when it cannot be read, is no private key, or is protected by a passphrase.
 */
export function readKeyFile(guest: Pick<PlacedGuest, "name" | "declaredAt">, path: string): KeyFile {
  const { name, declaredAt: file } = guest;
  const mistake = (found: string, remedy: string): Mistake => ({
    file,
    path: "auth.key",
    what: `the login key of guest "${name}" cannot be used`,
    found: `${path}: ${found}`,
    allowed: "`generated`, or the file of an SSH private key without a passphrase",
    remedy,
  });
  let privateKey: string;
  try {
    privateKey = readUserFile(path, KEY_BYTES).toString("utf8");
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new UserError(mistake(found, "put the file there, or correct `auth.key`"));
  }
  try {
    return { privateKey, publicKey: publicKeyOf(path) };
  } catch (error) {
    const found = lastLine(error);
    throw new UserError(mistake(found, `check it with \`ssh-keygen -y -P "" -f ${path}\``));
  }
}

/** Reads all key files of a farm. @throws UserError with every mistake, each once. */
export function checkKeyFiles(guests: readonly PlacedGuest[]): void {
  const mistakes = new Map<string, Mistake>();
  for (const guest of guests) {
    const path = keyFileOf(guest);
    if (path === undefined || mistakes.has(path)) continue;
    try {
      readKeyFile(guest, path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const mistake of error.mistakes) mistakes.set(path, mistake);
    }
  }
  if (mistakes.size > 0) throw new UserError([...mistakes.values()]);
}

function publicKeyOf(path: string): string {
  const argv = ["-y", "-P", "", "-f", path];
  return execFileSync("ssh-keygen", argv, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

function lastLine(error: unknown): string {
  const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
  return stderr.split("\n").at(-1) || (error instanceof Error ? error.message : String(error));
}
