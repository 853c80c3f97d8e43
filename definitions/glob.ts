/**
 * Whether a name fits a pattern, in which `*` stands for anything. Takes the leftmost place of each part, which is all
 * that is needed, and never goes back.
 */
export function fitsGlob(pattern: string, name: string): boolean {
  const parts = pattern.split("*");
  const [first = "", ...others] = parts;
  const last = others.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= name.length - last.length;
}
