import { z } from "zod";
import { digestOf } from "../../definitions/canonical-json";
import { find, parseXml, textAt, type XmlElement } from "../domain/xml/parse";

/** Versions and processor of a hypervisor, as far as a guest's memory depends on them. */
export const HostVersions = z.strictObject({
  /** Of the libvirt daemon, as `9.0.0`. */
  libvirt: z.string(),
  qemu: z.string(),
  /** Digest of the host processor's model, vendor, signature and features. */
  cpu: z.string(),
});
export type HostVersions = z.infer<typeof HostVersions>;

/** What has to be as it was for a memory file to be used. The parts are kept apart so that people learn what changed. */
export const ResumeFacts = z.strictObject({
  host: HostVersions,
  memoryMiB: z.number(),
  vcpus: z.number(),
  /** Digest of the definition without disk files, seed medium and owner mark. */
  definition: z.string(),
});
export type ResumeFacts = z.infer<typeof ResumeFacts>;

/** @param definition libvirt's inactive definition. */
export function resumeFacts(definition: string, host: HostVersions): ResumeFacts {
  const domain = parseXml(definition);
  const memory = find(domain, "memory");
  const unit = memory?.attributes["unit"] === "KiB" ? 1024 : 1;
  return {
    host,
    memoryMiB: Math.round(Number(memory?.text ?? "0") / unit),
    vcpus: Number(textAt(domain, "vcpu") ?? "1"),
    definition: digestOf(canonical(domain)),
  };
}

/** What differs, for people; null: nothing does. */
export function resumeDifference(recorded: ResumeFacts, current: ResumeFacts): string | null {
  const differences = [
    changed("memory", `${recorded.memoryMiB} MiB`, `${current.memoryMiB} MiB`),
    changed("processors", String(recorded.vcpus), String(current.vcpus)),
    changed("QEMU", recorded.host.qemu, current.host.qemu),
    changed("libvirt", recorded.host.libvirt, current.host.libvirt),
    recorded.host.cpu === current.host.cpu ? null : "the host has another processor",
  ].filter((text) => text !== null);
  if (differences.length > 0) return differences.join("; ");
  return recorded.definition === current.definition ? null : "the domain's definition changed";
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

type Canonical = readonly [
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: string | readonly Canonical[],
];

/** Elements that say nothing about the machine that the guest sees. */
const IGNORED = new Set(["metadata", "title", "description", "backingStore", "seclabel", "alias"]);

function canonical(element: XmlElement): Canonical {
  const children = element.children.filter(
    ({ name }) => !IGNORED.has(name) && !(element.name === "disk" && name === "source"),
  );
  return [
    element.name,
    element.attributes,
    element.children.length > 0 ? children.map(canonical) : element.text,
  ];
}
