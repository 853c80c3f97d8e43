import { createHash } from "node:crypto";
import { digestOf } from "../../definitions/canonical-json";
import type { Scope } from "../../definitions/expressions";
import type { PhaseInputs } from "../project/resolved-phase";
import type { Reference } from "../expressions/references";
import { keyedDigestOf, short } from "./digests";
import { referenceText, referredValues } from "./values";

/**
 * Readable inputs of phases: one for every file and every value that they use, as `GUEST_FARM_FILE_main_yaml`,
 * `GUEST_FARM_VAR_mirror`, `GUEST_FARM_SECRET_token`, `GUEST_FARM_VALUE_guest_name`. Where two names would be the
 * same, a piece of a digest tells them apart.
 */
export function describeInputs(
  phases: readonly PhaseInputs[],
  scope: Scope,
  salt: string,
): Record<string, string> {
  const entries: { readonly kind: string; readonly what: string; readonly value: string }[] = [];
  const files = new Map(phases.flatMap((phase) => Object.entries(phase.files)));
  for (const [path, digest] of files) entries.push({ kind: "FILE", what: path, value: short(digest) });
  for (const { reference, value, absent } of referredValues(
    phases.flatMap((phase) => phase.references),
    scope,
  )) {
    const digest = reference[0] === "secrets" ? keyedDigestOf(value ?? null, salt) : digestOf(value ?? null);
    entries.push({ ...nameOf(reference), value: absent ? "absent" : short(digest) });
  }
  const names = entries.map(({ kind, what }) => `GUEST_FARM_${kind}_${plain(what)}`);
  const named = entries.map(({ what, value }, index) => {
    const name = names[index] ?? "";
    const unique = names.indexOf(name) === names.lastIndexOf(name);
    return [
      unique ? name : `${name}_${createHash("sha256").update(what).digest("hex").slice(0, 6)}`,
      value,
    ] as const;
  });
  return Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function nameOf(reference: Reference): { readonly kind: string; readonly what: string } {
  const [root, ...below] = reference;
  const kind = { vars: "VAR", secrets: "SECRET" }[root];
  if (kind === undefined) return { kind: "VALUE", what: referenceText(reference) };
  return { kind, what: below.length === 0 ? "all" : below.join(".") };
}

function plain(text: string): string {
  return text.replace(/^(\.\.\/)+/, "").replace(/[^A-Za-z0-9]+/g, "_");
}
