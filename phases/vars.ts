import { z } from "zod";
import { hasExpression } from "../definitions/expressions";
import { addSchemaIssues, shown, type Mistakes } from "../definitions/source/mistakes";
import { parseYamlFile, type Path, type YamlFile } from "../definitions/source/yaml-file";
import { decodeText } from "../definitions/source/text-file";
import { shownPath } from "./folder/paths";
import type { PhaseFolder } from "./folder/phase-folder";
import { attempt } from "./project/attempt";

export type Vars = Readonly<Record<string, unknown>>;

/** A name that an expression can name. */
export const VAR_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `vars.yaml`: names to any data. */
export const VarsFile = z
  .record(z.string().regex(VAR_NAME), z.json(), {
    error: (issue) =>
      issue.code === "invalid_key"
        ? "names of letters, digits, - and _, not starting with a digit"
        : "a map of names to values",
  })
  .describe("Variables for the expressions of phase files, by name. Any data; no expressions.");

/**
 * Reads `vars.yaml` files and lays them over each other, the later over the earlier, then the project's own over
 * all: what the farm file says about one project is more specific than what its phases bring along as defaults.
 * Maps are merged key by key; lists and everything else are replaced.
 */
export async function readVars(
  folder: PhaseFolder,
  files: readonly string[],
  own: Vars,
  mistakes: Mistakes,
): Promise<Vars> {
  const layers: Vars[] = [];
  for (const file of files) {
    const vars = await attempt(mistakes, async () =>
      parseVars(shownPath(folder, file), await folder.read(file), mistakes),
    );
    if (vars !== undefined) layers.push(vars);
  }
  return [...layers, own].reduce((below, above) => mergeVars(below, above), {});
}

function mergeVars(below: Vars, above: Vars): Vars {
  const merged = new Map(Object.entries(below));
  for (const [name, value] of Object.entries(above)) {
    const before = merged.get(name);
    merged.set(name, isMap(before) && isMap(value) ? mergeVars(before, value) : value);
  }
  return Object.fromEntries(merged);
}

function parseVars(name: string, content: Buffer, mistakes: Mistakes): Vars | undefined {
  const yaml = parseYamlFile(name, decodeText(name, content));
  const checked = VarsFile.safeParse(yaml.value);
  if (checked.success) {
    refuseExpressions(yaml, checked.data, [], mistakes);
    return checked.data;
  }
  addSchemaIssues(mistakes, checked.error.issues, yaml.value, (path) => ({ file: yaml, path }), false);
  return undefined;
}

function refuseExpressions(yaml: YamlFile, value: unknown, path: Path, mistakes: Mistakes): void {
  if (typeof value === "string" && hasExpression(value)) {
    mistakes.at(
      { file: yaml, path },
      {
        what: "expressions are not evaluated in a file of variables",
        found: shown(value),
        allowed: "plain data",
        remedy: "write the expression in the phase file",
      },
    );
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => refuseExpressions(yaml, item, [...path, index], mistakes));
  } else if (isMap(value)) {
    Object.entries(value).forEach(([key, item]) => refuseExpressions(yaml, item, [...path, key], mistakes));
  }
}

function isMap(value: unknown): value is Vars {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
