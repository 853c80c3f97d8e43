import { createHmac } from "node:crypto";
import { canonicalJson } from "../../definitions/canonical-json";

/** HMAC-sha256 (hex) of plain data that must not be guessed from its digest. */
export function keyedDigestOf(value: unknown, salt: string): string {
  return createHmac("sha256", salt).update(canonicalJson(value)).digest("hex");
}

/** Enough of a digest for a person to see that it differs. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
