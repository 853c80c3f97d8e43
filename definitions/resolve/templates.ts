import { PLACEHOLDERS, REQUIRED_PLACEHOLDERS, usedPlaceholders } from "../domain-template";
import {
  checkTemplate,
  ExpressionError,
  type ExpressionProblem,
  hasExpression,
  parseTemplate,
} from "../expressions";
import { nearestName, oneOf } from "../nearest";
import { NETWORK_PLACEHOLDERS, REQUIRED_NETWORK_PLACEHOLDERS } from "../network-template";
import type { GuestSeat } from "../guests/expand";
import type { ResolvedGuest } from "../resolved";
import type { Mistakes } from "../source/mistakes";
import type { Source } from "../source/node";
import type { Mistake } from "../user-error";
import { KNOWN_NAMES } from "./check-layer";
import type { TextFile } from "./sources";

/** Checks all domain templates, those too that no guest uses: placeholders, and the syntax and names of expressions. */
export function checkTemplates(templates: ReadonlyMap<string, TextFile>, mistakes: Mistakes): void {
  for (const file of templates.values()) {
    checkPlaceholders(file, DOMAIN, mistakes);
    checkNaming(file, DOMAIN.what, mistakes);
    checkExpressionsOf(file, mistakes);
  }
}

/** Checks all templates of networks. They have no expressions: a network is no guest's. */
export function checkNetworkTemplates(templates: ReadonlyMap<string, TextFile>, mistakes: Mistakes): void {
  for (const file of templates.values()) {
    checkPlaceholders(file, NETWORK, mistakes);
    checkNaming(file, NETWORK.what, mistakes);
    if (!hasExpression(file.text)) continue;
    mistakes.add({
      ...placeIn(file, file.text.indexOf("${{")),
      what: "a network template has no expressions",
      remedy: "write the value itself, or another template for another network",
    });
  }
}

/** Elements by which a domain or network is found again: what they hold has to be the placeholder alone. */
const NAMING = ["name", "uuid"] as const;

/** Reads the text only: whether all of it is XML, and the right one, is seen when it is filled. */
function checkNaming(file: TextFile, what: string, mistakes: Mistakes): void {
  const text = file.text.replace(/<!--[^]*?-->/g, (comment) => comment.replace(/[^\n]/g, " "));
  for (const name of NAMING) {
    for (const { 0: found, 1: content = "", index } of text.matchAll(
      new RegExp(`<${name}>([^<]*)</${name}>`, "g"),
    )) {
      if (new RegExp(`^\\s*\\{\\{\\s*${name}\\s*\\}\\}\\s*$`).test(content)) continue;
      mistakes.add({
        ...placeIn(file, index),
        what: `the ${what} template gives the ${what} another ${name} than guest-farm's`,
        found,
        allowed: `<${name}>{{${name}}}</${name}>`,
        remedy: `write it so: by another ${name} the ${what} would not be found again, and stay when the stack is destroyed`,
      });
    }
  }
}

/** What templates of one kind can name. */
interface TemplateKind {
  readonly what: string;
  readonly known: readonly string[];
  readonly required: readonly string[];
  /** What to do about a name that is like none of these. */
  readonly otherwise: (name: string) => string;
}

const DOMAIN: TemplateKind = {
  what: "domain",
  known: PLACEHOLDERS,
  required: REQUIRED_PLACEHOLDERS,
  otherwise: (name) => `a value of your own is written \${{ guest.${name} }}`,
};
const NETWORK: TemplateKind = {
  what: "network",
  known: NETWORK_PLACEHOLDERS,
  required: REQUIRED_NETWORK_PLACEHOLDERS,
  otherwise: () => "write the value itself",
};

function checkPlaceholders(
  file: TextFile,
  { what, known, required, otherwise }: TemplateKind,
  mistakes: Mistakes,
): void {
  const used = usedPlaceholders(file.text);
  for (const { name, offset } of used) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    mistakes.add({
      ...placeIn(file, offset),
      what: `the ${what} template uses an unknown placeholder`,
      found: `{{${name}}}`,
      allowed: oneOf(known, known.length),
      remedy: nearest === undefined ? otherwise(name) : `did you mean "{{${nearest}}}"?`,
    });
  }
  for (const name of required) {
    if (used.some((each) => each.name === name)) continue;
    mistakes.add({
      file: file.name,
      what: `the ${what} template leaves out {{${name}}}`,
      remedy: `put {{${name}}} into it; without it guest-farm cannot manage the ${what}`,
    });
  }
}

function checkExpressionsOf(file: TextFile, mistakes: Mistakes): void {
  if (!hasExpression(file.text)) return;
  try {
    for (const problem of checkTemplate(parseTemplate(file.text), KNOWN_NAMES)) {
      mistakes.add(expressionMistake(file, problem));
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    mistakes.add(expressionMistake(file, error.problem));
  }
}

/** What the choice of a guest's domain template depends on. */
export interface TemplateChoice {
  /** Name of the template that the guest's definition names. */
  readonly wanted: string | undefined;
  readonly seat: GuestSeat;
  readonly arch: string | undefined;
  /** Kinds of its network cards. */
  readonly nics: readonly string[];
  /** Where the definition names it. */
  readonly at: () => Source;
}

/** Cards that libvirt itself does not know: they are arguments of QEMU. */
const NICS_BY_ARGUMENT = ["user", "vde"];

/**
 * The user's domain template with the guest's own values in it: the one named, else by guest, by architecture,
 * `default`; none: the built-in one.
 */
export function templateOf(
  { wanted, seat, arch, nics, at }: TemplateChoice,
  templates: ReadonlyMap<string, TextFile>,
  evaluate: (file: TextFile) => string | undefined,
  mistakes: Mistakes,
): ResolvedGuest["template"] {
  if (wanted !== undefined && !templates.has(wanted)) {
    mistakes.at(at(), {
      what: `there is no template "${wanted}"`,
      allowed: templates.size === 0 ? "a file of the folder templates/" : oneOf(templates.keys()),
      remedy: `write templates/${wanted}.xml beside the farm file`,
    });
    return undefined;
  }
  const name = (wanted === undefined ? [seat.name, arch ?? "", "default"] : [wanted]).find((each) =>
    templates.has(each),
  );
  const file = name === undefined ? undefined : templates.get(name);
  if (name === undefined || file === undefined) return undefined;
  const used = usedPlaceholders(file.text).map((each) => each.name);
  if (nics.some((kind) => NICS_BY_ARGUMENT.includes(kind)) && !used.includes("qemuArguments")) {
    mistakes.add({
      file: file.name,
      what: `the domain template leaves out {{qemuArguments}}, which the cards of guest "${seat.name}" need`,
      remedy: "put <qemu:commandline>{{qemuArguments}}</qemu:commandline> at its end and declare xmlns:qemu",
    });
  }
  const text = evaluate(file);
  return text === undefined ? undefined : { name, text };
}

/** A mistake in an expression of a file that is read as text. */
export function expressionMistake(file: TextFile, problem: ExpressionProblem): Mistake {
  const { what, found, allowed, nearest } = problem;
  return {
    ...placeIn(file, problem.offset),
    what,
    ...(found === undefined ? {} : { found }),
    ...(allowed === undefined ? {} : { allowed }),
    ...(nearest === undefined ? {} : { remedy: `did you mean "${nearest}"?` }),
  };
}

function placeIn({ name, text }: TextFile, offset: number): Pick<Mistake, "file" | "line" | "column"> {
  const before = text.slice(0, offset).split("\n");
  return { file: name, line: before.length, column: (before.at(-1) ?? "").length + 1 };
}
