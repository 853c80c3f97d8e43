import { createHash } from "node:crypto";

const ROUNDS = 5000;
const ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Hashes a password as `crypt(3)` does for `$6$`, so that no guest is told the password itself.
 * Source of the method: "Unix crypt using SHA-256 and SHA-512", U. Drepper, 2008, with its default of 5000 rounds.
 *
 * @param salt 1 to 16 characters of `./0-9A-Za-z`; the same salt gives the same hash
 */
export function sha512Crypt(password: string, salt: string): string {
  const key = Buffer.from(password, "utf8");
  const saltBytes = Buffer.from(salt, "ascii");
  const b = sha512(key, saltBytes, key);
  let digest = sha512(key, saltBytes, repeated(b, key.length), ...bitsOf(key.length, b, key));
  const p = repeated(sha512(...Array<Buffer>(key.length).fill(key)), key.length);
  const s = repeated(sha512(...Array<Buffer>(16 + (digest[0] ?? 0)).fill(saltBytes)), saltBytes.length);
  for (let round = 0; round < ROUNDS; round++) {
    const odd = round % 2 === 1;
    const parts = [odd ? p : digest];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    digest = sha512(...parts, odd ? digest : p);
  }
  return `$6$${salt}$${encode(digest)}`;
}

/** From the lowest bit of a length up: the digest for a one, the key for a nought. */
function bitsOf(length: number, digest: Buffer, key: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let rest = length; rest > 0; rest >>= 1) parts.push(rest % 2 === 1 ? digest : key);
  return parts;
}

function sha512(...parts: readonly Buffer[]): Buffer {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function repeated(bytes: Buffer, length: number): Buffer {
  return Buffer.alloc(length, bytes);
}

/** Three bytes become four characters; the method takes the bytes in an order of its own. */
function encode(digest: Buffer): string {
  let text = "";
  let [a, b, c] = [0, 21, 42];
  for (let group = 0; group < 21; group++) {
    text += characters(digest, [a, b, c], 4);
    [a, b, c] = [b + 1, c + 1, a + 1];
  }
  return text + characters(digest, [undefined, undefined, 63], 2);
}

function characters(digest: Buffer, places: readonly (number | undefined)[], count: number): string {
  let value = places.reduce<number>(
    (sum, place) => sum * 256 + (place === undefined ? 0 : (digest[place] ?? 0)),
    0,
  );
  let text = "";
  for (let index = 0; index < count; index++) {
    text += ALPHABET.charAt(value % 64);
    value = Math.floor(value / 64);
  }
  return text;
}
