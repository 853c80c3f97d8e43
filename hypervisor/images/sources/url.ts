import { posix } from "node:path";
import type { ImageChecksum, ImageSource } from "../../../definitions/images";
import { readUserFile } from "../../../definitions/source/user-file";
import { UserError } from "../../../definitions/user-error";
import { formatSize, requireSpace } from "../space";
import type { Workshop } from "../workshop";
import { imageSizeLimit } from "../size-limit";
import { checksumText, findInList } from "./checksum-list";
import type { MadeImage } from "./made-image";
import { refuseWebPage } from "./web-page";

type UrlSource = Extract<ImageSource, { kind: "url" }>;

/** How hard a download tries. */
export interface Patience {
  readonly tries: number;
  readonly connectSeconds: number;
  /** How long a server may send next to nothing, twice. */
  readonly stallSeconds: number;
}

/** With nothing to stand in for it, an image is worth waiting for. */
export const PATIENT: Patience = { tries: 6, connectSeconds: 20, stallSeconds: 60 };
/** With a stand-in, a server that does not answer at once is left alone. */
export const IMPATIENT: Patience = { tries: 2, connectSeconds: 5, stallSeconds: 20 };

/** Downloads take as long as they move; a stalled one is stopped by the script itself. */
const DOWNLOAD_TIMEOUT_MS = 6 * 3_600_000;
/** Lists of checksums and signatures are texts of some lines. */
const LIST_BYTES = 1024 ** 2;
/** Least room for an image of which the server does not say the size. */
const UNKNOWN_SIZE = 1024 ** 3;

/** Downloads an image on the hypervisor and checks it on the way. */
export async function download(
  workshop: Workshop,
  name: string,
  { url, checksum }: UrlSource,
  patience: Patience,
): Promise<MadeImage> {
  await workshop.stage(["fetch.sh", "size.sh", "signature.sh"]);
  const expected = await expectedDigest(workshop, name, url, checksum, patience);
  const size = Number(
    await workshop.run({
      script: "size.sh",
      args: [url, String(patience.connectSeconds)],
      timeoutMs: 120_000,
    }),
  );
  const room = 2 * (size > 0 ? size : UNKNOWN_SIZE);
  await requireSpace(workshop.host, `to make base image "${name}"`, room);
  workshop.observer.progress(`downloading ${url}${size > 0 ? ` (${formatSize(size)})` : ""}`);
  const path = posix.join(workshop.folder, "download");
  const digests = await fetchFile(workshop, url, path, {
    ...patience,
    bytes: imageSizeLimit(workshop.host),
    withSha512: expected?.algorithm === "sha512",
  });
  if (expected === null) await refuseWebPage(workshop, path, url);
  else if (digests[expected.algorithm] !== expected.value) {
    await refuseWebPage(workshop, path, url);
    throw new UserError({
      what: `base image "${name}": the file at ${url} is not the expected one; the cache stays as it was`,
      found: `${expected.algorithm} ${digests[expected.algorithm]}, ${formatSize(digests.size)}`,
      allowed: `${expected.algorithm} ${expected.value} (${expected.from})`,
      remedy: "try again if the vendor is publishing a new image right now, else do not use this file",
    });
  }
  const vendorChecksum =
    checksum.kind === "manifest" && expected !== null
      ? { vendorChecksum: checksumText(expected.algorithm, expected.value) }
      : {};
  return { path, digest: digests.sha256, source: url, ...vendorChecksum };
}

interface ExpectedDigest {
  readonly algorithm: "sha256" | "sha512";
  readonly value: string;
  /** Who says so, for messages. */
  readonly from: string;
}

async function expectedDigest(
  workshop: Workshop,
  name: string,
  imageUrl: string,
  checksum: ImageChecksum,
  patience: Patience,
): Promise<ExpectedDigest | null> {
  if (checksum.kind === "unverified") {
    const way = isOpen(imageUrl)
      ? ", and comes over http:, where anybody on the way can put another one there"
      : "";
    workshop.observer.warning(
      `base image "${name}" is not verified: its definition says trust: unverified${way}`,
    );
    return null;
  }
  if (checksum.kind === "literal") {
    return { algorithm: checksum.algorithm, value: checksum.value, from: "from the definition" };
  }
  const { url, signature, key } = checksum;
  if (isOpen(url) && signature === undefined) {
    workshop.observer.warning(
      `base image "${name}": its list of checksums comes over http: and is not signed: anybody on the way can put another image there`,
    );
  }
  const path = posix.join(workshop.folder, "checksums");
  await fetchFile(workshop, url, path, { ...patience, bytes: LIST_BYTES });
  if (signature !== undefined) {
    await verifySignature(workshop, name, path, signature, key, patience);
  }
  const answer = findInList((await workshop.host.files.read(path)) ?? "", checksum, imageUrl);
  if ("digest" in answer) return { algorithm: answer.algorithm, value: answer.digest, from: `from ${url}` };
  await refuseWebPage(workshop, path, url);
  throw new UserError({
    what: `base image "${name}": the list of checksums has no ${checksum.algorithm} of "${checksum.file}"`,
    file: url,
    ...answer,
  });
}

/** Whoever is on the way can read and change what comes from there. */
function isOpen(url: string): boolean {
  return !/^https:/i.test(url);
}

async function verifySignature(
  workshop: Workshop,
  name: string,
  list: string,
  signature: string | true,
  key: string | undefined,
  patience: Patience,
): Promise<void> {
  if (key === undefined) {
    throw new UserError({
      what: `base image "${name}": the list of checksums has a signature, but no key to check it with`,
      remedy: "name the file of the vendor's public key as checksum.key",
    });
  }
  const detached = posix.join(workshop.folder, "checksums.sig");
  if (signature !== true) {
    await fetchFile(workshop, signature, detached, { ...patience, bytes: LIST_BYTES });
  }
  await workshop.run({
    script: "signature.sh",
    args: [list, ...(signature === true ? [] : [detached])],
    stdin: readUserFile(workshop.controllerFile(key)),
    timeoutMs: 60_000,
  });
}

interface Digests {
  readonly sha256: string;
  readonly sha512: string;
  readonly size: number;
}

interface FetchOptions extends Patience {
  /** The server may send so many. */
  readonly bytes: number;
  readonly withSha512?: boolean;
}

async function fetchFile(
  workshop: Workshop,
  url: string,
  path: string,
  { tries, connectSeconds, stallSeconds, bytes, withSha512 = false }: FetchOptions,
): Promise<Digests> {
  const numbers = [tries, connectSeconds, stallSeconds, bytes].map(String);
  const output = await workshop.run({
    script: "fetch.sh",
    args: [url, path, ...numbers, ...(withSha512 ? ["sha512"] : [])],
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
  });
  const value = (name: string) => new RegExp(`^${name}=(\\S+)$`, "m").exec(output)?.[1] ?? "";
  return { sha256: value("sha256"), sha512: value("sha512"), size: Number(value("size")) };
}
