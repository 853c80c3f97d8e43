import { evaluateTemplate, type Scope, type Template } from "../../definitions/expressions";
import type { Mistakes } from "../../definitions/source/mistakes";
import type { Source } from "../../definitions/source/node";
import type { Path, YamlFile } from "../../definitions/source/yaml-file";
import type { Texts } from "../expressions/texts";
import type { WrittenStep } from "../file/schema";
import type { FilePhase } from "../lifecycle/phase-names";
import type { GuestFacts } from "./context";
import { cannotBecome } from "./escalation";
import type { NamedFiles } from "./named-files";
import type { WriteOptions } from "./resolved-phase";

/** Where a step stands, and what is known there. */
export interface StepPlace {
  readonly at: Path;
  /** The file that it is in, relative to the project's folder. */
  readonly path: string;
  readonly yaml: YamlFile;
  readonly texts: Texts;
  readonly phase: FilePhase;
  readonly guest: GuestFacts;
  readonly scope: Scope;
  readonly files: NamedFiles;
  /** Names of the checkpoints that the steps before this one make. */
  readonly checkpoints: Set<string>;
  readonly mistakes: Mistakes;
}

/** A step with one kind of action, as it is written. */
export type Written<Name extends WrittenStep["action"]> = Extract<WrittenStep, { action: Name }>["step"];

export function pathOf(place: StepPlace, key: string): Path {
  return [...place.at, key];
}

export function sourceOf(place: StepPlace, key: string): Source {
  return { file: place.yaml, path: pathOf(place, key) };
}

/** A text that others may see. */
export function openText(place: StepPlace, key: string, text: string): Template {
  return place.texts.template(text, pathOf(place, key), "open");
}

/** A text that only the guest sees. */
export function guestText(place: StepPlace, key: string, text: string): Template {
  return place.texts.template(text, pathOf(place, key), "guest");
}

/** An option that others may see, if it is written. */
export function openOption<Key extends string>(
  place: StepPlace,
  key: Key,
  text: string | undefined,
): { [K in Key]?: Template } {
  return text === undefined ? {} : ({ [key]: openText(place, key, text) } as { [K in Key]?: Template });
}

/** `user:`, which has to be somebody that the guest lets a step become. */
export function userOption(place: StepPlace, user: string | undefined): { user?: Template } {
  if (user === undefined) return {};
  const template = openText(place, "user", user);
  const name = evaluateTemplate(template, place.scope);
  const problem = name === "" ? undefined : cannotBecome(name, place.guest);
  if (problem !== undefined) place.mistakes.at(sourceOf(place, "user"), problem);
  return { user: template };
}

/** `mode:`, `owner:` and `user:` of what is put into the guest. */
export function writeOptions(
  place: StepPlace,
  step: { mode?: string | undefined; owner?: string | undefined; user?: string | undefined },
): WriteOptions {
  return {
    ...(step.mode === undefined ? {} : { mode: step.mode.padStart(4, "0") }),
    ...openOption(place, "owner", step.owner),
    ...userOption(place, step.user),
  };
}
