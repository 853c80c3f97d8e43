import { createHash } from "node:crypto";
import { digestOf } from "../../definitions/canonical-json";
import type { Scope } from "../../definitions/expressions";
import type { PhaseInputs } from "../project/resolved-phase";
import type { Reference } from "../expressions/references";
import { keyedDigestOf, short } from "./digests";
import { referenceText, referredValues } from "./values";

/** One file or value that phases use. */
export interface PhaseInput {
  /** `GUEST_FARM_FILE_main_yaml`, `GUEST_FARM_VAR_mirror`, `GUEST_FARM_SECRET_token`, `GUEST_FARM_VALUE_guest_name`. */
  readonly name: string;
  /** A piece of its digest, or `absent`. */
  readonly value: string;
  /** For people: `file` with the path relative to the project's folder, or a `value` as expressions name it. */
  readonly kind: "file" | "value";
  readonly shown: string;
}

/** How the names of inputs begin; what follows tells which. */
export const INPUT_PREFIXES = ["FILE", "VAR", "SECRET", "VALUE"].map((kind) => `GUEST_FARM_${kind}_`);

/**
 * The inputs of phases, sorted by name. Where two names would be the same, a piece of a digest tells them apart.
 *
 * @param salt secrets enter as HMAC with it
 */
export function phaseInputs(
  phases: readonly PhaseInputs[],
  scope: Scope,
  salt: string,
): readonly PhaseInput[] {
  const entries: (Omit<PhaseInput, "name"> & { readonly prefix: string; readonly what: string })[] = [];
  const files = new Map(phases.flatMap((phase) => Object.entries(phase.files)));
  for (const [path, digest] of files) {
    entries.push({ prefix: "FILE", what: path, value: short(digest), kind: "file", shown: path });
  }
  for (const { reference, value, absent } of referredValues(
    phases.flatMap((phase) => phase.references),
    scope,
  )) {
    const digest = reference[0] === "secrets" ? keyedDigestOf(value ?? null, salt) : digestOf(value ?? null);
    const shown = referenceText(reference);
    entries.push({ ...nameOf(reference), value: absent ? "absent" : short(digest), kind: "value", shown });
  }
  const names = entries.map(({ prefix, what }) => `GUEST_FARM_${prefix}_${plain(what)}`);
  const named = entries.map(({ what, value, kind, shown }, index): PhaseInput => {
    const name = names[index] ?? "";
    const unique = names.indexOf(name) === names.lastIndexOf(name);
    const digest = createHash("sha256").update(what).digest("hex");
    return { name: unique ? name : `${name}_${digest.slice(0, 6)}`, value, kind, shown };
  });
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Inputs as environment variables. */
export function describeInputs(inputs: readonly PhaseInput[]): Record<string, string> {
  return Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
}

function nameOf(reference: Reference): { readonly prefix: string; readonly what: string } {
  const [root, ...below] = reference;
  const prefix = { vars: "VAR", secrets: "SECRET" }[root];
  if (prefix === undefined) return { prefix: "VALUE", what: referenceText(reference) };
  return { prefix, what: below.length === 0 ? "all" : below.join(".") };
}

function plain(text: string): string {
  return text.replace(/^(\.\.\/)+/, "").replace(/[^A-Za-z0-9]+/g, "_");
}
