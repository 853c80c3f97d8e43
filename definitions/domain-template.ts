/** What a domain template can name as `{{name}}`: values and elements of the built-in definition. */
export const PLACEHOLDERS = [
  "name",
  "uuid",
  "type",
  "arch",
  "machine",
  "memoryMiB",
  "vcpus",
  "clock",
  "emulator",
  "metadata",
  "os",
  "features",
  "cpu",
  "disks",
  "controllers",
  "nics",
  "console",
  "agent",
  "rng",
  "qemuArguments",
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** Without these a definition could not be found again, or would run on the wrong disks. */
export const REQUIRED_PLACEHOLDERS = ["name", "uuid", "metadata", "disks"] as const satisfies Placeholder[];

/** A placeholder, and not the inside of an expression, `${{ }}`. */
const PLACEHOLDER = /(?<!\$)\{\{([^{}]*)\}\}/g;

/** One use of a placeholder in a template. */
export interface UsedPlaceholder {
  readonly name: string;
  /** Where it begins in the template. */
  readonly offset: number;
}

export function usedPlaceholders(template: string): readonly UsedPlaceholder[] {
  return [...template.matchAll(PLACEHOLDER)].map((match) => ({
    name: (match[1] ?? "").trim(),
    offset: match.index,
  }));
}

export function isPlaceholder(name: string): name is Placeholder {
  return PLACEHOLDERS.some((each) => each === name);
}

/** Puts a text for each placeholder; what is put in is not looked at again. */
export function fillPlaceholders(template: string, textOf: (name: string) => string): string {
  return template.replace(PLACEHOLDER, (_match, name: string) => textOf(name.trim()));
}

/** A value of the user's as it may stand in a template's element or attribute: no markup, and no placeholder. */
export function quoteForTemplate(value: string): string {
  return value.replace(/[&<>"'{}]/g, (character) => `&#${character.charCodeAt(0)};`);
}
