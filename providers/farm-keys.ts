import { hkdfSync } from "node:crypto";

/**
 * Seeds of everything that one farm has for itself, from its one secret. The same secret gives the same seeds in every
 * stack and on every machine, so the labels must never change.
 */

/** What a farm's identity is made from. Secret. */
export interface IdentitySeeds {
  /** Salt of the HMAC with which secrets enter cache keys, hex. */
  readonly keySalt: string;
  /** Seed of the key with which phases log in, hex. */
  readonly loginKey: string;
}

/** @param secret the farm's */
export function identitySeeds(secret: string): IdentitySeeds {
  return { keySalt: derived(secret, "key-salt"), loginKey: derived(secret, "login-key") };
}

/** Seed of the SSH host key of one guest, hex. */
export function hostKeySeed(secret: string, guest: string): string {
  return derived(secret, `host-key/${guest}`);
}

/** Seed of the ed25519 key that what leaves a farm is signed with, hex. */
export function signingKeySeed(secret: string): string {
  return derived(secret, "signing-key");
}

const VERSION = "guest-farm farm secret 1";
const SEED_BYTES = 32;

/** HKDF (RFC 5869) with SHA-256. */
function derived(secret: string, label: string): string {
  return Buffer.from(hkdfSync("sha256", secret, VERSION, label, SEED_BYTES)).toString("hex");
}
