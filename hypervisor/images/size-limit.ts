import { UserError } from "../../definitions/user-error";
import type { HypervisorHost } from "../host";
import { formatSize } from "./space";

const GIB = 1024 ** 3;
/** GiB, where the hypervisor does not say it. */
const DEFAULT_LIMIT = 512;

/** Bytes that no file of an image may exceed on a hypervisor, packed or unpacked. */
export function imageSizeLimit({ spec }: HypervisorHost): number {
  return Math.ceil((spec.imageSizeLimit ?? DEFAULT_LIMIT) * GIB);
}

/** @param what has so many bytes, for people @throws UserError when they are too many. */
export function requireSize(host: HypervisorHost, what: string, bytes: number): void {
  const limit = imageSizeLimit(host);
  if (bytes <= limit) return;
  throw new UserError({
    what: `${what} is larger than hypervisor "${host.spec.name}" takes`,
    found: formatSize(bytes),
    allowed: `at most ${formatSize(limit)}`,
    remedy: "check where the image comes from; if it is right, give the hypervisor a larger imageSizeLimit",
  });
}
