import { Transform } from "node:stream";
import { UserError } from "../../definitions/user-error";

/** What one transfer from a guest may bring. */
export interface ArrivalLimits {
  readonly bytes: number;
  /** Files, folders and links together. */
  readonly files: number;
}

const MIB = 1024 * 1024;

/** 4096 MiB, 100000 files. */
export const DEFAULT_ARRIVAL_LIMITS: ArrivalLimits = { bytes: 4096 * MIB, files: 100_000 };

/** The limits of a guest's setting `fetchLimit`. */
export function arrivalLimits({
  size,
  files,
}: { readonly size?: number | undefined; readonly files?: number | undefined } = {}): ArrivalLimits {
  return {
    bytes: size === undefined ? DEFAULT_ARRIVAL_LIMITS.bytes : size * MIB,
    files: files ?? DEFAULT_ARRIVAL_LIMITS.files,
  };
}

/** The error of a transfer that brings too many bytes. */
export function tooLarge({ bytes }: ArrivalLimits): UserError {
  return new UserError({
    what: "the guest sends more than one fetch may bring",
    found: `more than ${Math.round((bytes / MIB) * 100) / 100} MiB`,
    remedy: "fetch less, or raise the guest's setting fetchLimit.size (MiB)",
  });
}

/** The error of a transfer that brings too many files. */
export function tooMany({ files }: ArrivalLimits): UserError {
  return new UserError({
    what: "the guest sends more files than one fetch may bring",
    found: `more than ${files} files, folders and links`,
    remedy: "fetch less, or raise the guest's setting fetchLimit.files",
  });
}

/** Lets bytes through up to the limit. */
export function limitedBytes(limits: ArrivalLimits): Transform {
  let seen = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      seen += chunk.length;
      if (seen > limits.bytes) done(tooLarge(limits));
      else done(null, chunk);
    },
  });
}
