import { z } from "zod";
import { ImageDefinition } from "../../definitions/images";
import { ensureImage } from "../../hypervisor/images/ensure-image";
import { lookUpImage } from "../../hypervisor/images/look-up";
import type { BaseImageRecord } from "../../hypervisor/images/record";
import { HypervisorSpec } from "../../hypervisor/spec";
import { progressOf } from "../progress";
import { changedKeys, checkInputs, hasUnknown, parseInputs, type Properties } from "../resource-handler";
import { staged } from "../staged";
import { lookOnHost, withHost } from "./with-host";

const Inputs = z.strictObject({
  hypervisor: HypervisorSpec,
  definition: ImageDefinition,
  /** URN of the resource, to which progress is reported. */
  selfUrn: z.string(),
});
const KEYS = Object.keys(Inputs.shape);

function check(_olds: Properties, news: Properties) {
  return Promise.resolve(checkInputs(Inputs, news));
}

/** Another hypervisor has another cache; all else is a look-up or a build under the same resource. */
function diff(_id: string, olds: Properties, news: Properties) {
  const changes = changedKeys(olds, news, KEYS).length > 0;
  if (!changes || hasUnknown(news)) return Promise.resolve({ changes });
  const host = (props: Properties) => parseInputs(Inputs, props, KEYS).hypervisor;
  const moved =
    host(olds).name !== host(news).name || host(olds).imageCachePath !== host(news).imageCachePath;
  return Promise.resolve({ changes, replaces: moved ? ["hypervisor"] : [] });
}

async function create(inputs: Properties) {
  const image = await ensure(inputs);
  return { id: parseInputs(Inputs, inputs, KEYS).definition.name, outs: { ...inputs, ...outputsOf(image) } };
}

type Found = { readonly id: string; readonly props: Properties };

/** An image that has gone from the cache takes its resource along: the next update fetches or builds it again. */
async function read(id: string, props: Properties) {
  const { hypervisor, definition } = parseInputs(Inputs, props, KEYS);
  const found = await lookOnHost<Found | null>(hypervisor, { id, props }, async (host) => {
    const image = await lookUpImage(host, definition);
    return image === null ? null : { id, props: { ...props, ...outputsOf(image) } };
  });
  return found ?? {};
}

async function update(_id: string, _olds: Properties, news: Properties) {
  return { outs: { ...news, ...outputsOf(await ensure(news)) } };
}

/** Base images stay: guests of other stacks may stand on them. */
function remove() {
  return Promise.resolve();
}

/** What guests are told of an image that waits for its stage; their own stage refuses it. */
const NOTHING_YET = { path: "", digest: "", format: "qcow2", boot: { kernel: "", cmdline: "" } };

export const handler = staged(
  { check, diff, create, read, update, delete: remove },
  { id: (inputs) => definitionOf(inputs).name, outs: { facts: NOTHING_YET } },
);

function definitionOf({ definition }: Properties): ImageDefinition {
  return ImageDefinition.parse(definition);
}

function ensure(props: Properties): Promise<BaseImageRecord> {
  const { hypervisor, definition, selfUrn } = parseInputs(Inputs, props, KEYS);
  const progress = progressOf(selfUrn);
  const observer = {
    progress: (text: string) => progress.say(text),
    warning: (text: string) => progress.warn(text),
  };
  return withHost(hypervisor, (host) => ensureImage(host, definition, observer));
}

function outputsOf({ path, digest, format, boot }: BaseImageRecord): Properties {
  return { facts: { path, digest, format, ...(boot === undefined ? {} : { boot }) } };
}
