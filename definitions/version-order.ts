/** Compares dotted versions by their numbers: 10.2 is at least 9.9. */
export function atLeast(version: string, wanted: string): boolean {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const have = numbers(version);
  for (const [index, need] of numbers(wanted).entries()) {
    const got = have[index] ?? 0;
    if (got !== need) return got > need;
  }
  return have.length > 0;
}
