import { createHash, createPrivateKey, randomBytes } from "node:crypto";

/** An SSH key pair in OpenSSH's formats. */
export interface SshKeyPair {
  /** Unencrypted private key file, as `ssh-keygen` writes it. Secret. */
  readonly privateKey: string;
  /** One line, without the line's end: `ssh-ed25519 AAAA... comment`. */
  readonly publicKey: string;
}

const KEY_TYPE = "ssh-ed25519";
const MAGIC = Buffer.from("openssh-key-v1\0");
/** Block size of the cipher `none`. */
const BLOCK = 8;
const LINE_LENGTH = 70;

const SEED_BYTES = 32;
/** What stands before the seed of an ed25519 key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** A new ed25519 key pair. */
export function generateKeyPair(comment: string): SshKeyPair {
  return keyPairOf(randomBytes(SEED_BYTES), comment);
}

/** The ed25519 key pair of a seed (RFC 8032): the same seed and comment give the same files. @param seed 32 bytes */
export function keyPairOf(seed: Buffer, comment: string): SshKeyPair {
  if (seed.length !== SEED_BYTES) throw new Error(`the seed of a key has ${SEED_BYTES} bytes`);
  if (/[\r\n\0]/.test(comment)) throw new Error("the comment of a key is one line of text");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const { x } = key.export({ format: "jwk" });
  if (x === undefined) throw new Error("this Node.js cannot export ed25519 keys");
  const publicBytes = Buffer.from(x, "base64url");
  const blob = publicBlob(publicBytes);
  return {
    privateKey: privateKeyFile(seed, publicBytes, comment),
    publicKey: [KEY_TYPE, blob.toString("base64"), comment].filter((part) => part !== "").join(" "),
  };
}

/** Fingerprint of a public key line, as `ssh-keygen -l` shows it: `SHA256:...`. */
export function fingerprint(publicKey: string): string {
  const blob = publicKey.trim().split(/\s+/)[1];
  if (blob === undefined) throw new Error("a public key line has a type and a key");
  const digest = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** Public key in the wire format of RFC 8709. */
function publicBlob(publicBytes: Buffer): Buffer {
  return Buffer.concat([text(KEY_TYPE), text(publicBytes)]);
}

/** Private key file without a passphrase, as described in OpenSSH's `PROTOCOL.key`. */
function privateKeyFile(seed: Buffer, publicBytes: Buffer, comment: string): string {
  const blob = publicBlob(publicBytes);
  // Two times the same number, by which readers see that they have decrypted it; drawn at random elsewhere.
  const check = createHash("sha256").update(seed).digest().subarray(0, 4);
  const secret = Buffer.concat([check, check, blob, text(Buffer.concat([seed, publicBytes])), text(comment)]);
  const padding = Buffer.from(
    Array.from({ length: (BLOCK - (secret.length % BLOCK)) % BLOCK }, (_, index) => index + 1),
  );
  const keyCount = Buffer.from([0, 0, 0, 1]);
  const cipher = text("none");
  const kdf = text("none");
  const kdfOptions = text("");
  const body = Buffer.concat([
    MAGIC,
    cipher,
    kdf,
    kdfOptions,
    keyCount,
    text(blob),
    text(Buffer.concat([secret, padding])),
  ]);
  const lines = body.toString("base64").match(new RegExp(`.{1,${LINE_LENGTH}}`, "g")) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
    "\n",
  );
}

/** SSH's `string`: length and bytes (RFC 4251, section 5). */
function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
