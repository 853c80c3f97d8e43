import {
  type ImageDefinition,
  type ImageSource,
  vendorList,
  type PlainImage,
} from "../../definitions/images";
import type { HypervisorHost } from "../host";
import { bringImage, isBrought } from "./bring";
import { cachePaths, withPaths } from "./cache-paths";
import { lookUpImage } from "./look-up";
import { lookAtVendor, publishedChecksum } from "./newer";
import type { ImageObserver } from "./observer";
import { publish, writeIndex } from "./publish";
import type { BaseImageRecord, IndexEntry } from "./record";
import { requestKey, stepsKey } from "./request-key";
import { SourceUnreachableError } from "./script-failure";
import { obtain } from "./sources/obtain";
import { IMPATIENT, PATIENT, type Patience } from "./sources/url";
import { convert } from "./steps/convert";
import { type KeptUse, runPipeline } from "./steps/run-pipeline";
import { stagesOf } from "./steps/stages";
import { unlessUnreachable } from "./unreachable";
import { verifyImage } from "./verify";
import { inWorkshop } from "./workshop";

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
    const finished =
      image.steps.length === 0
        ? await obtain(workshop, image, patience)
        : await runPipeline(workshop, image, patience, await usableResults(host, image, ensureOptions));
    const path = await convert(workshop, finished.path, `${workshop.folder}/converted`, image.format);
    const { digest, vendorChecksum, ...rest } = finished;
    const same = path === finished.path && digest !== undefined;
    const record = await publish(workshop, image.name, image.format, {
      ...rest,
      path,
      ...(same ? { digest } : {}),
    });
    await writeIndex(workshop, key, {
      digest: record.digest,
      ...(vendorChecksum === undefined ? {} : { vendorChecksum }),
      ...through(image),
    });
    observer.progress(`base image "${image.name}" is ready`);
    return withPaths(cachePaths(host.spec.imageCachePath), record);
  });
}

/** Whoever wants the newest wants no step of an older one. */
async function usableResults(
  host: HypervisorHost,
  image: PlainImage,
  { refresh = false, newest = false }: EnsureOptions,
): Promise<KeptUse> {
  if (refresh) return "none";
  if (!newest || vendorList(image) === null) return "all";
  const vendorChecksum = await publishedChecksum(host, image);
  return typeof vendorChecksum === "string" ? { vendorChecksum } : "none";
}

function through(image: PlainImage): Pick<IndexEntry, "through"> {
  return image.steps.length === 0 ? {} : { through: stagesOf(image).map(stepsKey) };
}

async function makeOrStandIn(
  host: HypervisorHost,
  wanted: PlainImage,
  fallback: PlainImage,
  observer: ImageObserver,
  options: EnsureOptions,
): Promise<BaseImageRecord> {
  const ask = options.refresh === true || options.newest === true;
  const outcome = await unlessUnreachable(host, wanted.source, ask, () =>
    make(host, wanted, observer, options, IMPATIENT),
  );
  if ("made" in outcome) return outcome.made;
  const reason = outcome.unreachable;
  observer.warning(`base image "${wanted.name}": ${reason}; ${describe(fallback.source)} stands in for it`);
  const standIn = await ensureImage(host, fallback, observer, options);
  const key = requestKey(wanted);
  const entry: IndexEntry = { digest: standIn.digest, standIn: reason, ...through(wanted) };
  const folder = options.folder ?? process.cwd();
  await inWorkshop({ ...options, host, requestKey: key, observer, folder }, (workshop) =>
    writeIndex(workshop, key, entry),
  );
  return { ...standIn, standIn: reason };
}

function describe(source: ImageSource): string {
  if (source.kind === "packages") return `an image built from packages (${source.recipe})`;
  return source.kind === "url" ? source.url : `a ${source.kind}`;
}
