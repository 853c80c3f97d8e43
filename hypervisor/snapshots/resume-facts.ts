import { z } from "zod";
import { digestOf } from "../../definitions/canonical-json";
import { find, parseXml, textAt, type XmlElement } from "../domain/xml/parse";
import { type CanonicalXml, visibleMachine } from "./visible-machine";

/** Versions and processor of a hypervisor, as far as a guest's memory depends on them. */
export const HostVersions = z.strictObject({
  /** Of the libvirt daemon, as `9.0.0`. */
  libvirt: z.string(),
  qemu: z.string(),
  /** Digest of the host processor's model, vendor, signature and features. */
  cpu: z.string(),
});
export type HostVersions = z.infer<typeof HostVersions>;

const Facts = z.strictObject({
  host: HostVersions,
  memoryMiB: z.number(),
  vcpus: z.number(),
  /** Digest of the definition. */
  definition: z.string(),
});

/**
 * What has to be as it was for a memory file to be used. The parts are kept apart so that people learn what changed.
 *
 * Without a version (1): the digest is of the definition without disk files, seed medium and owner mark. Version 2: it
 * is of what the guest sees. New records have version 2; those of before are compared as they were made.
 */
export const ResumeFacts = z.union([
  Facts.extend({
    version: z.literal(2),
    /** As `definition` of version 1. Where it differs, the guest is resumed with the host's side of its definition as it is now. */
    exact: z.string(),
  }),
  Facts,
]);
export type ResumeFacts = z.infer<typeof ResumeFacts>;

/** What a guest would be resumed on now, in the words of every version of the facts. */
export interface CurrentFacts extends Omit<z.infer<typeof Facts>, "definition"> {
  readonly definitions: Readonly<Record<1 | 2, string>>;
}

/** @param definition libvirt's inactive definition. */
export function currentFacts(definition: string, host: HostVersions): CurrentFacts {
  const domain = parseXml(definition);
  const memory = find(domain, "memory");
  const unit = memory?.attributes["unit"] === "KiB" ? 1024 : 1;
  return {
    host,
    memoryMiB: Math.round(Number(memory?.text ?? "0") / unit),
    vcpus: Number(textAt(domain, "vcpu") ?? "1"),
    definitions: { 1: digestOf(canonical(domain)), 2: digestOf(visibleMachine(domain)) },
  };
}

/** For the record of a new snapshot. */
export function recordedFacts({ definitions, ...facts }: CurrentFacts): ResumeFacts {
  return { version: 2, ...facts, definition: definitions[2], exact: definitions[1] };
}

/** Whether the definition in the memory file is the guest's own of now, the host's side (ports, networks) included. */
export function isExactly(recorded: ResumeFacts, { definitions }: CurrentFacts): boolean {
  return definitions[1] === ("version" in recorded ? recorded.exact : recorded.definition);
}

/** What differs, for people; null: nothing does. */
export function resumeDifference(recorded: ResumeFacts, current: CurrentFacts): string | null {
  const differences = [
    changed("memory", `${recorded.memoryMiB} MiB`, `${current.memoryMiB} MiB`),
    changed("processors", String(recorded.vcpus), String(current.vcpus)),
    changed("QEMU", recorded.host.qemu, current.host.qemu),
    changed("libvirt", recorded.host.libvirt, current.host.libvirt),
    recorded.host.cpu === current.host.cpu ? null : "the host has another processor",
  ].filter((text) => text !== null);
  if (differences.length > 0) return differences.join("; ");
  const now = current.definitions["version" in recorded ? recorded.version : 1];
  return recorded.definition === now ? null : "the domain's definition changed";
}

function changed(what: string, before: string, now: string): string | null {
  return before === now ? null : `${what} changed from ${before} to ${now}`;
}

/** What libvirt's texts say about a host. @param version of `virsh version --daemon`. */
export function hostVersions(version: string, capabilities: string): HostVersions {
  const cpu = find(parseXml(hostPart(capabilities)), "cpu");
  // Left out: the microcode's version and the counter's frequency, which differ from boot to boot.
  const parts = ["arch", "model", "vendor", "signature", "feature"];
  const features = (cpu?.children ?? [])
    .filter(({ name }) => parts.includes(name))
    .map(({ name, attributes, text }) => ({ name, attributes, text }));
  return {
    libvirt: /against daemon: (\S+)/.exec(version)?.[1] ?? /library: libvirt (\S+)/.exec(version)?.[1] ?? "",
    qemu: /hypervisor: QEMU (\S+)/.exec(version)?.[1] ?? "",
    cpu: digestOf(features),
  };
}

/** The text is long, and all else in it is about guests. */
function hostPart(capabilities: string): string {
  const end = "</host>";
  return capabilities.slice(capabilities.indexOf("<host>"), capabilities.indexOf(end) + end.length);
}

/**
 * Elements that say nothing about the machine, as version 1 has it. A generation id is younger than its records, and must
 * not turn them cold.
 */
const IGNORED = new Set([
  ...["metadata", "title", "description", "backingStore", "seclabel", "alias", "genid"],
]);

function canonical(element: XmlElement): CanonicalXml {
  const children = element.children.filter(
    ({ name }) => !IGNORED.has(name) && !(element.name === "disk" && name === "source"),
  );
  return [
    element.name,
    element.attributes,
    element.children.length > 0 ? children.map(canonical) : element.text,
  ];
}
