/** A text as it stands in XML, in an element or an attribute. */
export function escapeXml(value: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "amp",
    "<": "lt",
    ">": "gt",
    '"': "quot",
    "'": "apos",
  };
  return value.replace(/[&<>"']/g, (character) => `&${names[character] ?? ""};`);
}
