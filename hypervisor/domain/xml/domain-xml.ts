import { create } from "xmlbuilder2";
import { osPart } from "./boot";
import { devicesPart } from "./devices";
import { cpuPart, featuresPart } from "./machine";
import { qemuArguments } from "./nics";
import { ownerPart } from "./owner-part";
import type { DomainPlan, XmlPart } from "./parts";
import { renderTemplate } from "./template";

/** XML namespace of QEMU arguments inside a definition (libvirt's). */
const QEMU_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0";

/**
 * Definition of a domain, for `virsh define`: from the user's template if there is one, else the built-in one.
 * @throws UserError when the template cannot be used.
 */
export function domainXml(plan: DomainPlan): string {
  return plan.spec.template === undefined
    ? renderXml({ domain: domainPart(plan) })
    : renderTemplate(plan.spec.template, plan);
}

function domainPart(plan: DomainPlan): XmlPart {
  const { spec, layout } = plan;
  const qemu = qemuPart(plan);
  return {
    "@type": spec.type,
    ...(qemu === null ? {} : { "@xmlns:qemu": QEMU_NAMESPACE }),
    name: spec.name,
    uuid: layout.uuid,
    metadata: ownerPart(spec.owner),
    memory: { "@unit": "MiB", "#": spec.memoryMiB },
    vcpu: { "@placement": "static", "#": spec.vcpus },
    os: osPart(plan),
    features: featuresPart(spec),
    cpu: cpuPart(spec),
    clock: { "@offset": spec.clock },
    on_poweroff: "destroy",
    on_reboot: "restart",
    on_crash: "destroy",
    devices: devicesPart(plan),
    ...(qemu ?? {}),
  };
}

function qemuPart({ spec }: DomainPlan): XmlPart | null {
  const qemuArgs = qemuArguments(spec);
  return qemuArgs.length === 0
    ? null
    : { "qemu:commandline": { "qemu:arg": qemuArgs.map((value) => ({ "@value": value })) } };
}

/** Text of a document. @throws Error when a value holds a character that XML has no way to write. */
export function renderXml(part: XmlPart): string {
  return create(part).end({ prettyPrint: true, headless: true, wellFormed: true });
}
