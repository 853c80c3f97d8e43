import type { HypervisorHost } from "../host";
import { UserError } from "../../definitions/user-error";
import { cachePaths } from "./cache-paths";
import type { BaseImageRecord } from "./record";

/** Hashing reads the whole image. */
const HASH_TIMEOUT_MS = 3_600_000;

export interface VerifyOptions {
  /** Hash the content too; default: size, date and mode only. */
  readonly full?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Checks an image (and kernel and initrd) against its record, before anything is built over it.
 * @throws UserError when a file is gone or not what the record says; nothing is changed.
 */
export async function verifyImage(
  host: HypervisorHost,
  image: BaseImageRecord,
  { full = false, signal }: VerifyOptions = {},
): Promise<void> {
  for (const file of filesOf(host, image)) {
    await verifyFile(host, image, file, full, signal);
  }
}

interface ExpectedFile {
  readonly path: string;
  readonly size: number;
  readonly mtime: number;
  readonly digest: string;
}

function filesOf(host: HypervisorHost, image: BaseImageRecord): ExpectedFile[] {
  const paths = cachePaths(host.spec.imageCachePath);
  return [
    { path: image.path, size: image.size, mtime: image.mtime, digest: image.digest },
    ...(image.kernel === undefined ? [] : [{ path: paths.kernel(image.digest), ...image.kernel }]),
    ...(image.initrd === undefined ? [] : [{ path: paths.initrd(image.digest), ...image.initrd }]),
  ];
}

async function verifyFile(
  host: HypervisorHost,
  image: BaseImageRecord,
  file: ExpectedFile,
  full: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const abortable = signal === undefined ? {} : { signal };
  const stat = await host.shell.run({
    argv: ["stat", "-L", "-c", "size %s, date %Y, mode %a", "--", file.path],
    ...abortable,
  });
  if (stat.exitCode !== 0) throw damaged(host, image, file.path, "nothing", "the file");
  const expected = `size ${file.size}, date ${file.mtime}, mode 444`;
  const found = stat.stdout.trim();
  if (found !== expected) throw damaged(host, image, file.path, found, expected);
  if (!full) return;
  const hash = await host.shell.output({
    argv: ["sha256sum", "--binary", "--", file.path],
    timeoutMs: HASH_TIMEOUT_MS,
    ...abortable,
  });
  const digest = /^\\?([0-9a-f]{64}) /.exec(hash)?.[1] ?? "no digest";
  if (digest !== file.digest) {
    throw damaged(host, image, file.path, `sha256 ${digest}`, `sha256 ${file.digest}`);
  }
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
      "guests over it may be damaged: find out who changed it, remove it and its .json file, destroy those guests and run this again",
  });
}
