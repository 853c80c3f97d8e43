import { fragment } from "xmlbuilder2";
import {
  fillPlaceholders,
  isPlaceholder,
  type Placeholder,
  PLACEHOLDERS,
  REQUIRED_PLACEHOLDERS,
  usedPlaceholders,
} from "../../../definitions/domain-template";
import { UserError } from "../../../definitions/user-error";
import { osPart } from "./boot";
import { escapeXml } from "./escape";
import { AGENT_PART, consoleParts, RNG_PART } from "./devices";
import { cpuPart, featuresPart } from "./machine";
import { interfaceParts, qemuArguments } from "./nics";
import { sameOwner } from "../../owner";
import type { DomainSpec } from "../spec";
import { ownerPart, readOwnerPart } from "./owner-part";
import { parseXml, textAt, type XmlElement } from "./parse";
import { readDefinition } from "./read-definition";
import type { DomainPlan, XmlPart } from "./parts";
import { controllerParts, diskParts } from "./storage";

/**
 * What a template can name, and the XML that stands there. Values are escaped for text and attributes alike;
 * the rest is whole elements, those of the built-in definition.
 */
export function placeholders(plan: DomainPlan): Readonly<Record<Placeholder, string>> {
  const { spec, layout } = plan;
  return {
    name: escapeXml(spec.name),
    uuid: layout.uuid,
    type: spec.type,
    arch: escapeXml(spec.arch),
    machine: escapeXml(spec.machine),
    memoryMiB: String(spec.memoryMiB),
    vcpus: String(spec.vcpus),
    clock: spec.clock,
    emulator: spec.emulator === undefined ? "" : elements({ emulator: spec.emulator }),
    metadata: elements({ metadata: ownerPart(spec.owner) }),
    os: elements({ os: osPart(plan) }),
    features: elements({ features: featuresPart(spec) }),
    cpu: elements({ cpu: cpuPart(spec) }),
    disks: elements({ disk: diskParts(plan) }),
    controllers: elements({ controller: controllerParts(plan) }),
    nics: elements({ interface: interfaceParts(spec) }),
    console: elements(consoleParts(plan)),
    agent: elements({ channel: AGENT_PART }),
    rng: elements({ rng: RNG_PART }),
    qemuArguments: qemuArguments(spec)
      .map((value) => `<qemu:arg value="${escapeXml(value)}"/>`)
      .join("\n"),
  };
}

/** Fills a user's template. @throws UserError for an unknown placeholder, and for a required one left out. */
export function renderTemplate(template: string, plan: DomainPlan): string {
  const known = placeholders(plan);
  const used = usedPlaceholders(template).map(({ name }) => name);
  const unknown = used.filter((name) => !isPlaceholder(name));
  const missing = REQUIRED_PLACEHOLDERS.filter((name) => !used.includes(name));
  const mistakes = [
    ...unknown.map((name) => ({
      what: "the domain template uses an unknown placeholder",
      path: "template",
      found: `{{${name}}}`,
      allowed: PLACEHOLDERS.join(", "),
    })),
    ...missing.map((name) => ({
      what: `the domain template leaves out {{${name}}}`,
      path: "template",
      remedy: `put {{${name}}} into it; without it guest-farm cannot manage the domain`,
    })),
    ...(known.qemuArguments !== "" && !used.includes("qemuArguments")
      ? [
          {
            what: "the domain template leaves out {{qemuArguments}}, which the guest's networks need",
            path: "template",
            remedy:
              "put <qemu:commandline>{{qemuArguments}}</qemu:commandline> at its end and declare xmlns:qemu",
          },
        ]
      : []),
  ];
  if (mistakes.length > 0) throw new UserError(mistakes);
  return fillPlaceholders(template, (name) => (isPlaceholder(name) ? known[name] : ""));
}

/**
 * Whether what a template makes is the domain that it is for: libvirt would define any other as well, and nobody would
 * find it again.
 * @throws UserError saying what it needs.
 */
export function assertDefines(xml: string, { spec, layout }: DomainPlan): void {
  const domain = parsed(xml, spec);
  const owner = readOwnerPart(domain);
  if (domain.name !== "domain") throw unusable(spec, `is no <domain>, but a <${domain.name}>`);
  if (textAt(domain, "name") !== spec.name) throw unusable(spec, "needs <name>{{name}}</name>");
  if (textAt(domain, "uuid") !== layout.uuid) throw unusable(spec, "needs <uuid>{{uuid}}</uuid>");
  if (owner === null || !sameOwner(owner, spec.owner))
    throw unusable(spec, "needs {{metadata}} as an element right below <domain>");
  const { disks } = readDefinition(xml);
  const missing = Object.values(layout.sources).find((file) => disks.every(({ source }) => source !== file));
  if (missing !== undefined) throw unusable(spec, "needs {{disks}} in its <devices>");
}

function parsed(xml: string, spec: DomainSpec): XmlElement {
  try {
    return parseXml(xml);
  } catch (error) {
    throw unusable(spec, `is not XML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unusable({ owner }: DomainSpec, what: string): UserError {
  return new UserError({
    what: `the domain template of "${owner.guest}" ${what}`,
    path: "template",
    allowed: "<domain type='{{type}}'><name>{{name}}</name><uuid>{{uuid}}</uuid>{{metadata}} ... </domain>",
    remedy: "mend its file in templates/",
  });
}

function elements(part: XmlPart): string {
  return fragment(part).toString({ prettyPrint: true, wellFormed: true });
}
