import { posix } from "node:path";
import { COMMAND_LIMITS } from "../../definitions/time-limits";
import type { HypervisorHost } from "../host";
import { UserError } from "../../definitions/user-error";
import { cachePaths } from "./cache-paths";
import { readImage } from "./look-up";
import type { BaseImageRecord } from "./record";

/** Hashing reads the whole image. */
const HASH_TIMEOUT_MS = COMMAND_LIMITS.hash;

export interface VerifyOptions {
  /** Hash the content too; default: size, date and mode only. */
  readonly full?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Checks the image under a guest's disk against its record in the cache, before anything is built over it; by its
 * digest too on a hypervisor with `checkImages: full`. Of a file that is in no cache nothing is known.
 * @throws UserError when a file or the record is gone, or a file is not what the record says; nothing is changed.
 */
export async function verifyBase(
  host: HypervisorHost,
  { path, digest }: { readonly path: string; readonly digest: string | null },
): Promise<void> {
  if (digest === null || posix.parse(path).name !== digest) return;
  const paths = cachePaths(posix.dirname(path));
  const image = await readImage(host, paths, digest);
  if (image !== null) return verifyImage(host, image, { full: host.spec.checkImages === "full" });
  throw new UserError({
    what: `hypervisor "${host.spec.name}" has no description of base image ${digest}, so that nobody knows whether it is what was put into the cache`,
    file: paths.record(digest),
    found: "no file, or one that cannot be read",
    allowed: "the description that was written with the image",
    remedy: "run pulumi up --refresh, which checks the image and writes it again",
  });
}

/**
 * Checks an image (and kernel and initrd) against its record.
 * @throws UserError when a file is gone or not what the record says; nothing is changed.
 */
export async function verifyImage(
  host: HypervisorHost,
  image: BaseImageRecord,
  { full = false, signal }: VerifyOptions = {},
): Promise<void> {
  const abortable = signal === undefined ? {} : { signal };
  const files = filesOf(image);
  const { stdout } = await host.shell.run({
    argv: ["stat", "-L", "-c", "%n: size %s, date %Y, mode %a", "--", ...files.map(({ path }) => path)],
    ...abortable,
  });
  const lines = stdout.split("\n");
  for (const file of files) {
    const start = `${file.path}: `;
    const expected = `size ${file.size}, date ${file.mtime}, mode 444`;
    const found = lines.find((line) => line.startsWith(start))?.slice(start.length);
    if (found === undefined) throw damaged(host, image, file.path, "nothing", "the file");
    if (found !== expected) throw damaged(host, image, file.path, found, expected);
  }
  for (const file of full ? files : []) {
    const hash = await host.shell.output({
      argv: ["sha256sum", "--binary", "--", file.path],
      timeoutMs: HASH_TIMEOUT_MS,
      ...abortable,
    });
    const digest = /^\\?([0-9a-f]{64}) /.exec(hash)?.[1] ?? "no digest";
    if (digest === file.digest) continue;
    throw damaged(host, image, file.path, `sha256 ${digest}`, `sha256 ${file.digest}`);
  }
}

interface ExpectedFile {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly digest: string;
}

function filesOf({ path, size, mtime, digest, kernel, initrd, boot }: BaseImageRecord): ExpectedFile[] {
  return [
    { path, size, mtime, digest },
    ...(kernel === undefined || boot === undefined ? [] : [{ path: boot.kernel, ...kernel }]),
    ...(initrd === undefined || boot?.initrd === undefined ? [] : [{ path: boot.initrd, ...initrd }]),
  ];
}

function damaged(
  host: HypervisorHost,
  image: BaseImageRecord,
  file: string,
  found: string,
  expected: string,
): UserError {
  return new UserError({
    what: `base image "${image.name}" on hypervisor "${host.spec.name}" is not what was put into the cache`,
    file,
    found,
    allowed: expected,
    remedy:
      "guests over it may be damaged: find out who changed it, remove it and its .json file, destroy those guests and run pulumi up --refresh",
  });
}
