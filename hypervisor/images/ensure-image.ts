import type { ImageDefinition, ImageSource } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import { bringImage, isBrought } from "./bring";
import { cachePaths, withPaths } from "./cache-paths";
import { lookUpImage } from "./look-up";
import { lookAtVendor } from "./newer";
import type { ImageObserver } from "./observer";
import { publish, writeIndex } from "./publish";
import type { BaseImageRecord, IndexEntry } from "./record";
import { type PlainImage, requestKey } from "./request-key";
import { SourceUnreachableError } from "./script-failure";
import { uploadFile } from "./sources/file";
import type { MadeImage } from "./sources/made-image";
import { buildFromPackages } from "./sources/packages";
import { copyVolume } from "./sources/pool";
import { download, IMPATIENT, PATIENT, type Patience } from "./sources/url";
import { convert } from "./steps/convert";
import { runSteps } from "./steps/run-steps";
import { rememberUnreachable, unreachableLately } from "./unreachable";
import { verifyImage } from "./verify";
import { inWorkshop, type Workshop } from "./workshop";

export interface EnsureOptions {
  /** Folder on the controller that the paths of the definition are relative to; default: the working folder. */
  readonly folder?: string;
  /** Make the image again even if there is one; the older one stays in the cache. */
  readonly refresh?: boolean;
  /** Fetch the image again if its vendor has put another one in its place; the older one stays in the cache. */
  readonly newest?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The base image that answers a definition: from the cache, or fetched or built now. When its source cannot be
 * reached, the definition's fallback stands in, with a warning.
 * @throws UserError for wrong bytes, no room, or what the user can mend on the hypervisor; the cache is unchanged.
 * @throws SourceUnreachableError when there is nothing to stand in.
 */
export async function ensureImage(
  host: HypervisorHost,
  definition: ImageDefinition,
  observer: ImageObserver,
  options: EnsureOptions = {},
): Promise<BaseImageRecord> {
  const cached = options.refresh === true ? null : await lookUpImage(host, definition);
  if (cached !== null && !(await isOutdated(host, definition, observer, options))) {
    await verifyImage(host, cached, options);
    return cached;
  }
  if (isBrought(host, definition)) {
    const { folder = process.cwd(), signal } = options;
    const way = { host, observer, folder, ...(signal === undefined ? {} : { signal }) };
    return bringImage(way, definition, (below) => ensureImage(below, definition, observer, options));
  }
  const { fallback, ...wanted } = definition;
  if (cached !== null && cached.standIn === undefined) {
    return makeNewer(host, wanted, cached, observer, options);
  }
  return fallback === undefined
    ? make(host, wanted, observer, options, PATIENT)
    : makeOrStandIn(host, wanted, fallback, observer, options);
}

/** While the newer one cannot be had, the one that is there is better than what would stand in for it. */
async function makeNewer(
  host: HypervisorHost,
  wanted: PlainImage,
  cached: BaseImageRecord,
  observer: ImageObserver,
  options: EnsureOptions,
): Promise<BaseImageRecord> {
  try {
    return await make(host, wanted, observer, options, PATIENT);
  } catch (error) {
    if (!(error instanceof SourceUnreachableError)) throw error;
    observer.warning(`base image "${wanted.name}": there is a newer one, but ${error.message}`);
    return cached;
  }
}

async function isOutdated(
  host: HypervisorHost,
  image: PlainImage,
  observer: ImageObserver,
  { newest = false }: EnsureOptions,
): Promise<boolean> {
  if (!newest) return false;
  const vendor = await lookAtVendor(host, image);
  if (vendor.state === "unknown") {
    observer.warning(`base image "${image.name}": is there a newer one? ${vendor.reason}`);
  }
  return vendor.state === "newer";
}

async function make(
  host: HypervisorHost,
  image: PlainImage,
  observer: ImageObserver,
  ensureOptions: EnsureOptions,
  patience: Patience,
): Promise<BaseImageRecord> {
  const { folder = process.cwd(), refresh = false, signal } = ensureOptions;
  const key = requestKey(image);
  const options = { host, requestKey: key, observer, folder, ...(signal === undefined ? {} : { signal }) };
  return inWorkshop(options, async (workshop) => {
    // Another controller may have made it while this one waited.
    const meanwhile = refresh ? null : await lookUpImage(host, image);
    if (meanwhile !== null && meanwhile.standIn === undefined) {
      if (!(await isOutdated(host, image, observer, ensureOptions))) return meanwhile;
    }
    const fetched = await obtain(workshop, image, patience);
    const finished = await runSteps(workshop, fetched, image.steps);
    const path = await convert(workshop, finished.path, `${workshop.folder}/converted`, image.format);
    const { digest, ...rest } = finished;
    const same = path === finished.path && digest !== undefined;
    const record = await publish(workshop, image.name, image.format, {
      ...rest,
      path,
      ...(same ? { digest } : {}),
    });
    const { vendorChecksum } = fetched;
    await writeIndex(workshop, key, {
      digest: record.digest,
      ...(vendorChecksum === undefined ? {} : { vendorChecksum }),
    });
    observer.progress(`base image "${image.name}" is ready`);
    return withPaths(cachePaths(host.spec.imageCachePath), record);
  });
}

function obtain(workshop: Workshop, { name, source }: PlainImage, patience: Patience): Promise<MadeImage> {
  switch (source.kind) {
    case "url":
      return download(workshop, name, source, patience);
    case "file":
      return uploadFile(workshop, name, source);
    case "pool":
      return copyVolume(workshop, name, source);
    case "packages":
      return buildFromPackages(workshop, name, source);
  }
}

async function makeOrStandIn(
  host: HypervisorHost,
  wanted: PlainImage,
  fallback: PlainImage,
  observer: ImageObserver,
  options: EnsureOptions,
): Promise<BaseImageRecord> {
  const reason = await tryWanted();
  if (typeof reason !== "string") return reason;
  observer.warning(`base image "${wanted.name}": ${reason}; ${describe(fallback.source)} stands in for it`);
  const standIn = await ensureImage(host, fallback, observer, options);
  const key = requestKey(wanted);
  const entry: IndexEntry = { digest: standIn.digest, standIn: reason };
  const folder = options.folder ?? process.cwd();
  await inWorkshop({ ...options, host, requestKey: key, observer, folder }, (workshop) =>
    writeIndex(workshop, key, entry),
  );
  return { ...standIn, standIn: reason };

  async function tryWanted(): Promise<BaseImageRecord | string> {
    const ask = options.refresh === true || options.newest === true;
    const known = ask ? null : await unreachableLately(host, wanted.source);
    if (known !== null) return known;
    try {
      return await make(host, wanted, observer, options, IMPATIENT);
    } catch (error) {
      if (!(error instanceof SourceUnreachableError)) throw error;
      await rememberUnreachable(host, wanted.source, error.message);
      return error.message;
    }
  }
}

function describe(source: ImageSource): string {
  if (source.kind === "packages") return `an image built from packages (${source.recipe})`;
  return source.kind === "url" ? source.url : `a ${source.kind}`;
}
