import { z } from "zod";
import { ImageDefinition } from "../../definitions/images";
import { ensureImage } from "../../hypervisor/images/ensure-image";
import { lookUpImage } from "../../hypervisor/images/look-up";
import { lookAtVendor } from "../../hypervisor/images/newer";
import type { BaseImageRecord } from "../../hypervisor/images/record";
import { HypervisorSpec } from "../../hypervisor/spec";
import { progressOf } from "../progress";
import { checkInputs, hasUnknown, parseInputs, type Properties } from "../resource-handler";
import { staged } from "../staged";
import { imageObserver } from "./image-observer";
import { lookOnHost, withHost } from "./with-host";

const Inputs = z.strictObject({
  hypervisor: HypervisorSpec,
  definition: ImageDefinition,
  /** Digest of the image that guests stand on. */
  kept: z.string(),
  /** Ask the vendor, and fetch what is newer. */
  fetch: z.boolean(),
  /** URN of the resource, on whose row is said what there is. */
  selfUrn: z.string(),
});
const KEYS = Object.keys(Inputs.shape);
/** Digits of a digest that people are shown. */
const SHORT = 12;

function check(_olds: Properties, news: Properties) {
  return Promise.resolve(checkInputs(Inputs, news));
}

/** Only news of the vendor's are a change: what guests stand on is another resource's. */
async function diff(_id: string, _olds: Properties, news: Properties) {
  if (hasUnknown(news)) return { changes: false };
  const { hypervisor, definition, kept, fetch, selfUrn } = parseInputs(Inputs, news, KEYS);
  const progress = progressOf(selfUrn);
  const changes = await lookOnHost(hypervisor, false, async (host) => {
    const cached = await lookUpImage(host, definition);
    if (cached !== null && cached.digest !== kept) progress.note(waiting(cached, kept));
    if (!fetch || cached === null) return false;
    const vendor = await lookAtVendor(host, definition);
    if (vendor.state === "unknown") progress.warn(`is there a newer image? ${vendor.reason}`);
    if (vendor.state === "newer")
      progress.note("the vendor has a newer image: it is fetched; guests keep theirs");
    return vendor.state === "newer";
  });
  return { changes: changes ?? false };
}

/** It is made together with the image that it watches: there is nothing newer yet. */
function create(inputs: Properties) {
  return Promise.resolve({ id: nameOf(inputs), outs: inputs });
}

function read(id: string, props: Properties) {
  return Promise.resolve({ id, props });
}

async function update(_id: string, _olds: Properties, news: Properties) {
  const { hypervisor, definition, kept, selfUrn } = parseInputs(Inputs, news, KEYS);
  const newest = await withHost(hypervisor, (host) =>
    ensureImage(host, definition, imageObserver(selfUrn), { newest: true }),
  );
  if (newest.digest !== kept) progressOf(selfUrn).note(waiting(newest, kept));
  return { outs: news };
}

/** Images stay: guests of other stacks may stand on them. */
function remove() {
  return Promise.resolve();
}

export const handler = staged(
  { check, diff, create, read, update, delete: remove },
  { inputs: Inputs, id: (inputs) => nameOf(inputs), outs: {} },
);

function nameOf({ definition }: Properties): string {
  return ImageDefinition.parse(definition).name;
}

function waiting({ name, digest, createdAt }: BaseImageRecord, kept: string): string {
  const newer = `${digest.slice(0, SHORT)}, of ${createdAt.slice(0, 10)}`;
  return (
    `a newer image is in the cache (${newer}); guests keep ${kept.slice(0, SHORT)}. ` +
    `To make them anew from it: pulumi config set --path 'guest-farm:adoptImages[0]' ${name}`
  );
}
