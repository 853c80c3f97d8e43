import { z } from "zod";
import { deleteDomain } from "../../hypervisor/domain/delete";
import { diffDomain, refusedChange } from "../../hypervisor/domain/diff";
import { createDomain, readDomain, updateDomain } from "../../hypervisor/domain/lifecycle";
import { DomainSpec } from "../../hypervisor/domain/spec";
import { runFirst } from "../staged";
import type { Properties } from "../resource-handler";
import { withGuestLease } from "./guest-lease";
import { removeDisks } from "./remove-disks";
import { type LibvirtObject, libvirtObjectHandler } from "./libvirt-object";

/** How a domain is made, looked at, changed and removed. */
export const domain: LibvirtObject<DomainSpec> = {
  schema: DomainSpec,
  diff: diffDomain,
  refuse: refusedChange,
  replacedByUnknown: ["baseImage", "hypervisor"],
  create: createDomain,
  read: readDomain,
  update: (host, before, after) =>
    withGuestLease(host, after, `update of stack ${after.owner.stack}`, (fenced) =>
      updateDomain(fenced, before, after),
    ),
  delete: (host, spec) =>
    withGuestLease(host, spec, `deletion in stack ${spec.owner.stack}`, (fenced) =>
      deleteDomain(fenced, spec, { removeDisks: removeDisks(spec.owner.stack) }),
    ),
  missing: missingImage,
};

export const handler = libvirtObjectHandler(domain);

const Waiting = z.object({ baseImage: z.object({ digest: z.literal("") }) });

function missingImage(inputs: Properties) {
  if (!Waiting.safeParse(inputs).success) return null;
  const reason = `the image of guest "${String(inputs["name"])}" is not in the cache yet: ${runFirst("image-cache")}`;
  return { property: "baseImage", reason };
}
