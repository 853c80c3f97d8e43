import { escapeXml } from "../domain/xml/escape";
import { find, parseXml, type XmlElement } from "../domain/xml/parse";
import { readDefinition } from "../domain/xml/read-definition";

export interface DiskRewrite {
  /** New file of each disk, by target device. Disks that are not named keep theirs. */
  readonly sources: Readonly<Record<string, string>>;
  /** Medium to put into a CD-ROM drive. */
  readonly medium?: { readonly device: string; readonly file: string };
}

/**
 * A definition (of a domain, or of a memory file) with other disk files; all else stays as it is. What libvirt
 * noted about the files under a disk goes, because it is of the old file.
 * @throws Error when the definition lacks a disk that is named.
 */
export function rewriteDisks(xml: string, { sources, medium }: DiskRewrite): string {
  const wanted = new Map(Object.entries(sources));
  if (medium !== undefined) wanted.set(medium.device, medium.file);
  const devices = find(parseXml(xml), "devices")?.children ?? [];
  const changes = devices.flatMap((disk) => {
    if (disk.name !== "disk") return [];
    const device = find(disk, "target")?.attributes["dev"] ?? "";
    const file = wanted.get(device);
    if (file === undefined) return [];
    wanted.delete(device);
    return exchange(disk, `<source file="${escapeXml(file)}"/>`);
  });
  if (wanted.size > 0) throw new Error(`the definition has no disk ${[...wanted.keys()].join(", ")}`);
  return changes.reduceRight(
    (text, { from, to, put }) => `${text.slice(0, from)}${put}${text.slice(to)}`,
    xml,
  );
}

/**
 * A guest's definition with the processor of a saved one, which libvirt spelled out when the guest was started. Both show
 * the guest the same machine; the host's side (ports, networks, paths) is the definition's.
 */
export function onHostOf(saved: string, definition: string): string {
  const [from, to] = [find(parseXml(saved), "cpu")?.place, find(parseXml(definition), "cpu")?.place];
  if (from === undefined || to === undefined) return definition;
  return definition.slice(0, to.from) + saved.slice(from.from, from.to) + definition.slice(to.to);
}

interface Change {
  readonly from: number;
  readonly to: number;
  readonly put: string;
}

/** Takes the old source out of a disk and puts the new one before its target. In the order of the text. */
function exchange(disk: XmlElement, source: string): readonly Change[] {
  return disk.children.flatMap(({ name, place }): Change[] => {
    if (name === "source" || name === "backingStore") return [{ ...place, put: "" }];
    return name === "target" ? [{ from: place.from, to: place.from, put: source }] : [];
  });
}

/** File of each disk and drive of a definition, by target device; null: it is empty, or no file. */
export function diskSources(xml: string): ReadonlyMap<string, string | null> {
  return new Map(readDefinition(xml).disks.map(({ device, source }) => [device, source]));
}
