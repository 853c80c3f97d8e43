import { z } from "zod";
import { ImageDefinition } from "../../definitions/images";
import { ensureImage } from "../../hypervisor/images/ensure-image";
import { forecastImage } from "../../hypervisor/images/forecast-image";
import { lookUpImage, lookUpVersion } from "../../hypervisor/images/look-up";
import { lookAtVendor } from "../../hypervisor/images/newer";
import type { BaseImageRecord } from "../../hypervisor/images/record";
import { requestKey } from "../../hypervisor/images/request-key";
import { verifyImage } from "../../hypervisor/images/verify";
import { HypervisorSpec } from "../../hypervisor/spec";
import { progressOf } from "../progress";
import { imageObserver } from "./image-observer";
import { changedKeys, checkInputs, hasUnknown, parseInputs, type Properties } from "../resource-handler";
import { staged } from "../staged";
import { lookOnHost, withHost } from "./with-host";

const Inputs = z.strictObject({
  hypervisor: HypervisorSpec,
  definition: ImageDefinition,
  /** URN of the resource, to which progress is reported. */
  selfUrn: z.string(),
  /** Ask the vendor for a newer one when an image is fetched or taken. */
  update: z.boolean().optional(),
  /** Take the newest one of the cache instead of the one that guests have. */
  adopt: z.boolean().optional(),
});
const KEYS = Object.keys(Inputs.shape);
const Facts = z.object({ digest: z.string() });
/** The others only say what to do now. */
const DEFINING = ["hypervisor", "definition", "selfUrn"];

async function check(olds: Properties, news: Properties) {
  const checked = checkInputs(Inputs, news);
  const known = checked.failures === undefined && !hasUnknown(news);
  if (known && changedKeys(olds, news, DEFINING).length > 0) await sayWhatIsToDo(news);
  return checked;
}

/** A preview asks for no more than this check. What a look cannot find out, the work itself says. */
async function sayWhatIsToDo(news: Properties): Promise<void> {
  const { hypervisor, definition, selfUrn } = parseInputs(Inputs, news, KEYS);
  try {
    const text = await lookOnHost(hypervisor, null, (host) => forecastImage(host, definition));
    if (text !== null) progressOf(selfUrn).note(text);
  } catch {
    return;
  }
}

/** Another hypervisor has another cache; all else is a look-up or a build under the same resource. */
async function diff(_id: string, olds: Properties, news: Properties) {
  if (changedKeys(olds, news, DEFINING).length === 0) return { changes: await adoptsAnother(olds, news) };
  if (hasUnknown(news)) return { changes: true };
  const host = (props: Properties) => parseInputs(Inputs, props, KEYS).hypervisor;
  const moved =
    host(olds).name !== host(news).name || host(olds).imageCachePath !== host(news).imageCachePath;
  return { changes: true, replaces: moved ? ["hypervisor"] : [] };
}

async function adoptsAnother(olds: Properties, news: Properties): Promise<boolean> {
  const { hypervisor, definition, adopt = false, update: ask = false } = parseInputs(Inputs, news, KEYS);
  if (!adopt) return false;
  const another = await lookOnHost(hypervisor, false, async (host) => {
    const newest = await lookUpImage(host, definition);
    if (newest !== null && newest.digest !== digestIn(olds)) return true;
    return ask && (await lookAtVendor(host, definition)).state === "newer";
  });
  return another ?? false;
}

async function create(inputs: Properties) {
  const image = await ensure(inputs);
  return { id: parseInputs(Inputs, inputs, KEYS).definition.name, outs: { ...inputs, ...outputsOf(image) } };
}

type Found = { readonly id: string; readonly props: Properties };

/** An image that has gone from the cache takes its resource along: the next update fetches or builds it again. */
async function read(id: string, props: Properties) {
  const { hypervisor } = parseInputs(Inputs, props, KEYS);
  const found = await lookOnHost<Found | null>(hypervisor, { id, props }, async (host) => {
    const image = await lookUpVersion(host, digestIn(props));
    return image === null ? null : { id, props: { ...props, ...outputsOf(image) } };
  });
  return found ?? {};
}

async function update(_id: string, olds: Properties, news: Properties) {
  const image = (await keptImage(olds, news)) ?? (await ensure(news));
  return { outs: { ...news, ...outputsOf(image) } };
}

/** The image that guests stand on, unless another definition or the user wants another one, or it is gone. */
async function keptImage(olds: Properties, news: Properties): Promise<BaseImageRecord | null> {
  const { hypervisor, definition, adopt = false } = parseInputs(Inputs, news, KEYS);
  const before = ImageDefinition.safeParse(olds["definition"]);
  if (adopt || !before.success || requestKey(before.data) !== requestKey(definition)) return null;
  return withHost(hypervisor, async (host) => {
    const image = await lookUpVersion(host, digestIn(olds));
    if (image !== null) await verifyImage(host, image);
    return image;
  });
}

/** Base images stay: guests of other stacks may stand on them. */
function remove() {
  return Promise.resolve();
}

/** What guests are told of an image that waits for its stage; their own stage refuses it. */
const NOTHING_YET = { path: "", digest: "", format: "qcow2", boot: { kernel: "", cmdline: "" } };

export const handler = staged(
  { check, diff, create, read, update, delete: remove },
  { inputs: Inputs, id: (inputs) => definitionOf(inputs).name, outs: { facts: NOTHING_YET } },
);

function definitionOf({ definition }: Properties): ImageDefinition {
  return ImageDefinition.parse(definition);
}

function ensure(props: Properties): Promise<BaseImageRecord> {
  const { hypervisor, definition, selfUrn, update: newest = false } = parseInputs(Inputs, props, KEYS);
  return withHost(hypervisor, (host) => ensureImage(host, definition, imageObserver(selfUrn), { newest }));
}

function digestIn({ facts }: Properties): string {
  return Facts.parse(facts).digest;
}

function outputsOf({ path, digest, format, boot }: BaseImageRecord): Properties {
  return { facts: { path, digest, format, ...(boot === undefined ? {} : { boot }) } };
}
