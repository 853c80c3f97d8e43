import { createHash, createHmac } from "node:crypto";
import { canonicalJson } from "./canonical-json";

/** sha256 (hex) of plain data. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** HMAC-sha256 (hex) of plain data that must not be guessed from its digest. */
export function keyedDigestOf(value: unknown, salt: string): string {
  return createHmac("sha256", salt).update(canonicalJson(value)).digest("hex");
}

/** Enough of a digest for a person to see that it differs. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
