import { vendorList, type PlainImage } from "../../definitions/images";
import { type HypervisorHost, openHypervisor } from "../host";
import { readIndex } from "./look-up";
import type { IndexEntry } from "./record";
import { checksumText, findInList } from "./sources/checksum-list";

/** Seconds. A vendor that is slow to answer holds nobody up: only whether there is news depends on it. */
const CONNECT_SECONDS = 5;
const TOTAL_SECONDS = 30;
/** Lists of checksums are texts of some lines; a larger answer is something else. */
const MAX_BYTES = 16 * 1024 ** 2;

/** What a vendor has in the place of an image that is in the cache. */
export type VendorLook =
  { readonly state: "same" | "newer" } | { readonly state: "unknown"; readonly reason: string };

const SAME = { state: "same" } as const;
const NEWER = { state: "newer" } as const;

/**
 * Whether the vendor has put another file in the place of the one that an image was made from. Reads the vendor's list
 * on the hypervisor and changes nothing there; whoever fetches the file checks the list's signature.
 *
 * @returns `same` for an image that has no list, and for one that is not in the cache.
 */
export async function lookAtVendor(host: HypervisorHost, image: PlainImage): Promise<VendorLook> {
  if (vendorList(image) === null) return SAME;
  const entry = await readIndex(host, image);
  if (entry === null) return SAME;
  const { connection } = host.spec;
  if (connection.type === "guest") return lookBelow(connection.hypervisor, image, entry);
  const checksum = await publishedChecksum(host, image);
  if (typeof checksum !== "string") return { state: "unknown", reason: checksum.failure };
  return isMadeFrom(entry, checksum) ? SAME : NEWER;
}

/** What the vendor's list says of an image's file just now, as `sha512:<hex>`; or why that is not known. */
export async function publishedChecksum(
  host: HypervisorHost,
  image: PlainImage,
): Promise<string | { readonly failure: string }> {
  const published = vendorList(image);
  if (published === null) return { failure: "there is no list" };
  const list = await readList(host, published.url);
  if (typeof list !== "string") return list;
  const found = findInList(list, published, image.source.kind === "url" ? image.source.url : "");
  return "digest" in found
    ? checksumText(found.algorithm, found.digest)
    : { failure: `${published.url} has no checksum of "${published.file}" that can be used: ${found.found}` };
}

/** A hypervisor that is a guest gets its images from the one that it lives on. */
async function lookBelow(
  spec: HypervisorHost["spec"],
  image: PlainImage,
  entry: IndexEntry,
): Promise<VendorLook> {
  const below = openHypervisor(spec);
  try {
    const there = await readIndex(below, image);
    return there !== null && there.digest !== entry.digest ? NEWER : await lookAtVendor(below, image);
  } finally {
    await below.close();
  }
}

/** An image without steps is the vendor's file itself. One that stands in for the vendor's was made from none. */
function isMadeFrom({ digest, vendorChecksum, standIn }: IndexEntry, checksum: string): boolean {
  if (standIn !== undefined) return false;
  return vendorChecksum === checksum || checksumText("sha256", digest) === checksum;
}

async function readList(host: HypervisorHost, url: string): Promise<string | { readonly failure: string }> {
  const protocols = /^https:/i.test(url) ? "=https" : "=http,https";
  const { exitCode, stdout, stderr } = await host.shell.run({
    argv: [
      ...["curl", "--fail", "--silent", "--show-error", "--location", "--proto", protocols],
      ...["--proto-redir", protocols, "--connect-timeout", `${CONNECT_SECONDS}`],
      ...["--max-time", `${TOTAL_SECONDS}`, "--max-filesize", `${MAX_BYTES}`, "--", url],
    ],
    timeoutMs: 2 * TOTAL_SECONDS * 1000,
  });
  return exitCode === 0 ? stdout : { failure: `${url}: ${stderr.trim() || `curl ended with ${exitCode}`}` };
}
