import {
  checkTemplate,
  evaluateTemplate,
  evaluateValue,
  ExpressionError,
  parseTemplate,
  type ExpressionProblem,
  type KnownNames,
  type Scope,
  type Template,
} from "../../definitions/expressions";
import type { Mistakes } from "../../definitions/source/mistakes";
import type { Path, Position } from "../../definitions/source/yaml-file";
import type { PhaseFile } from "../file/parse";
import { conditionShift, parseCondition } from "./condition";
import { positionInValue } from "./position";
import { referencesOf, refersTo, type Reference } from "./references";
import { renderScript, scriptTemplate, type ScriptShell, type ScriptTemplate } from "./script-template";

/** What the texts of one phase have in common. */
export interface TextRules {
  /** The values of a run; its id stands in for one that is not known yet. */
  readonly scope: Scope;
  readonly known: KnownNames;
  readonly mistakes: Mistakes;
  readonly references: Map<string, Reference>;
}

/**
 * Who may see a text: `guest` texts reach only the guest; `open` ones are seen in arguments, names and logs, so no
 * secret may be in them; `fixed` ones are needed before there is a run.
 */
export type Audience = "guest" | "open" | "fixed";

const FORBIDDEN: Readonly<Record<Audience, readonly string[]>> = {
  guest: [],
  open: ["secrets"],
  fixed: ["secrets", "run"],
};

/** Turns the texts of one phase file into templates, checks them, and notes what they refer to. */
export class Texts {
  constructor(
    private readonly file: PhaseFile,
    private readonly rules: TextRules,
  ) {}

  /** Mistakes are kept; the template that comes back for a wrong text is empty. */
  template(text: string, path: Path, audience: Audience): Template {
    return this.checked(
      text,
      path,
      audience,
      (template) => {
        evaluateTemplate(template, this.rules.scope);
        return template;
      },
      EMPTY,
    );
  }

  script(text: string, path: Path, shell: ScriptShell, audience: Audience): ScriptTemplate {
    const none: ScriptTemplate = { template: EMPTY, shell, parts: [] };
    return this.checked(
      text,
      path,
      audience,
      (template) => {
        const script = scriptTemplate(template, shell);
        renderScript(script, this.rules.scope);
        return script;
      },
      none,
    );
  }

  /** A text that is evaluated at once; undefined when it has a mistake. */
  fixed(text: string, path: Path): string | undefined {
    return this.checked<string | undefined>(
      text,
      path,
      "fixed",
      (template) => evaluateTemplate(template, this.rules.scope),
      undefined,
    );
  }

  condition(text: string | boolean, path: Path): Template {
    const shift = conditionShift(text);
    const problem = this.problemsAt(String(text), path, shift);
    try {
      const condition = parseCondition(text);
      if (!this.check(condition, "guest", problem)) return EMPTY;
      evaluateValue(condition, this.rules.scope);
      return condition;
    } catch (error) {
      problem(asProblem(error));
      return EMPTY;
    }
  }

  private checked<T>(
    text: string,
    path: Path,
    audience: Audience,
    use: (template: Template) => T,
    otherwise: T,
  ): T {
    const problem = this.problemsAt(text, path, 0);
    try {
      const template = parseTemplate(text);
      return this.check(template, audience, problem) ? use(template) : otherwise;
    } catch (error) {
      problem(asProblem(error));
      return otherwise;
    }
  }

  private check(
    template: Template,
    audience: Audience,
    problem: (problem: ExpressionProblem) => void,
  ): boolean {
    const problems = checkTemplate(template, this.rules.known);
    problems.forEach(problem);
    const forbidden = FORBIDDEN[audience].find((root) => refersTo(template, root));
    if (forbidden !== undefined) problem(misplaced(template, forbidden));
    for (const reference of referencesOf(template)) {
      this.rules.references.set(JSON.stringify(reference), reference);
    }
    return problems.length === 0 && forbidden === undefined;
  }

  private problemsAt(text: string, path: Path, shift: number): (problem: ExpressionProblem) => void {
    const { yaml, text: fileText } = this.file;
    return ({ offset, what, found, allowed, nearest, remedy }) => {
      const start = yaml.positionOf(path);
      const position =
        shift === 0
          ? positionInValue(fileText, start, text, offset)
          : {
              line: start.line,
              column: start.column + Math.max(0, offset - shift) + quoteAt(fileText, start),
            };
      this.rules.mistakes.at(
        { file: yaml, path },
        {
          ...position,
          what,
          found,
          allowed,
          ...(nearest === undefined ? { remedy } : { remedy: `did you mean "${nearest}"?` }),
        },
      );
    };
  }
}

/** Length of the quote that a value begins with in the file. */
function quoteAt(fileText: string, { line, column }: Position): number {
  return /["']/.test(fileText.split("\n")[line - 1]?.[column - 1] ?? "") ? 1 : 0;
}

const EMPTY: Template = { text: "", parts: [] };

function misplaced(template: Template, root: string): ExpressionProblem {
  const part = template.parts.find(
    (each) => each.kind === "expression" && refersTo({ text: "", parts: [each] }, root),
  );
  const place = part?.kind === "expression" ? part.expression : { offset: 0, length: 0 };
  return {
    offset: place.offset,
    length: place.length,
    what:
      root === "secrets"
        ? "a secret cannot stand here: others could see it in arguments, names or logs"
        : "a value of the run cannot stand here: it has to be known before there is one",
    allowed:
      root === "secrets"
        ? "secrets in run, env, stdin, content and command of steps in the guest, and in stdin of local steps"
        : "guest, platform, target, hypervisor, project, revision, vars",
  };
}

function asProblem(error: unknown): ExpressionProblem {
  if (error instanceof ExpressionError) return error.problem;
  throw error;
}
