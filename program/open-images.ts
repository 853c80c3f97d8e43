import type { ImageDefinition, PlainImage } from "../definitions/images";

/**
 * What to warn of before images are fetched: those that anybody on the way could replace, because neither the
 * connection nor a checksum or signature of another source protects them. Pure.
 */
export function openImages(images: readonly ImageDefinition[]): readonly string[] {
  const warnings = images.flatMap(({ fallback, ...image }) =>
    [image, ...(fallback === undefined ? [] : [fallback])].flatMap(warningOf),
  );
  return [...new Set(warnings)];
}

function warningOf({ name, source }: PlainImage): string[] {
  if (source.kind !== "url" || !isPlain(source.url)) return [];
  const { checksum } = source;
  const open =
    checksum.kind === "unverified" ||
    (checksum.kind === "manifest" && isPlain(checksum.url) && checksum.key === undefined);
  if (!open) return [];
  return [
    `image ${name}: ${source.url} comes over http, and nothing shows whether it was changed on the way: ` +
      "use https, give a checksum, or a signed list of checksums with the vendor's key",
  ];
}

function isPlain(url: string): boolean {
  // Nobody is on the way to the hypervisor's own loopback.
  return /^http:\/\/(?!127\.|localhost[:/])/i.test(url);
}
