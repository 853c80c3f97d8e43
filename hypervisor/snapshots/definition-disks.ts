import { create } from "xmlbuilder2";
import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
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
  const root = create(xml).root();
  for (const disk of root.find(named("devices"))?.filter(named("disk")) ?? []) {
    const device = attributeOf(disk.find(named("target")), "dev");
    const file = wanted.get(device);
    if (file === undefined) continue;
    wanted.delete(device);
    for (const old of disk.filter((child) => named("source")(child) || named("backingStore")(child))) {
      old.remove();
    }
    disk.ele("source", { file });
  }
  if (wanted.size > 0) throw new Error(`the definition has no disk ${[...wanted.keys()].join(", ")}`);
  return root.doc().end({ headless: true });
}

/** File of each disk and drive of a definition, by target device; null: it is empty, or no file. */
export function diskSources(xml: string): ReadonlyMap<string, string | null> {
  return new Map(readDefinition(xml).disks.map(({ device, source }) => [device, source]));
}

function named(name: string): (element: XMLBuilder) => boolean {
  return (element) => element.node.nodeName === name;
}

function attributeOf(element: XMLBuilder | undefined, name: string): string {
  const node = element?.node as { getAttribute?(name: string): string | null } | undefined;
  return node?.getAttribute?.(name) ?? "";
}
