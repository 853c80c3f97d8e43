/** Shorter ones are left alone. */
const SHORTEST = 3;
/** Shorter lines of a secret of many lines are left alone: a brace or an `END` says nothing. */
const SHORTEST_LINE = 8;
/** Shorter secrets are hidden as they are, but not in encodings that would hit ordinary text. */
const SHORTEST_ENCODED = 5;

/** Where tools break lines of base64. */
const BASE64_LINES = [76, 64];

/** Every text that gives a secret away, without doubles. */
export function secretForms(secrets: Iterable<string>): string[] {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.trim().length < SHORTEST) continue;
    for (const text of textsOf(secret)) encodings(text).forEach((form) => forms.add(form));
  }
  return [...forms];
}

/** The secret itself, without the blanks around it, and its lines. */
function textsOf(secret: string): string[] {
  const trimmed = secret.trim();
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const long = lines.length > 1 ? lines.filter((line) => line.length >= SHORTEST_LINE) : [];
  return [secret, trimmed, trimmed.replace(/\r?\n/g, "\r\n"), ...long];
}

function encodings(text: string): string[] {
  const plain = [text, inJson(text), forShell(text), forPowerShell(text)];
  if (text.length < SHORTEST_ENCODED) return plain;
  const bytes = Buffer.from(text, "utf8");
  const hex = bytes.toString("hex");
  const url = encodeURIComponent(bytes.toString("utf8"));
  const lowerUrl = url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
  const formUrl = url.replaceAll("%20", "+");
  const base64 = [0, 1, 2].map((shift) => base64Inside(bytes, shift));
  const base64Url = base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"));
  const wrapped = BASE64_LINES.flatMap((width) => wrappedLines(bytes.toString("base64"), width));
  return [...plain, hex, hex.toUpperCase(), url, lowerUrl, formUrl, ...base64, ...base64Url, ...wrapped];
}

/**
 * The characters of base64 that depend on the secret alone, when it stands `shift` bytes after a border of three
 * bytes in a longer text.
 */
function base64Inside(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const partial = (shift + bytes.length) % 3 === 0 ? 0 : 1;
  return text.slice(shift === 0 ? 0 : shift + 1, text.length - partial);
}

/** The lines of a base64 text that is too long for one. */
function wrappedLines(base64: string, width: number): string[] {
  if (base64.length <= width) return [];
  const lines = base64.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
  return lines.filter((line) => line.length >= SHORTEST_LINE);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function forShell(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function forPowerShell(text: string): string {
  return text.replaceAll("'", "''");
}
