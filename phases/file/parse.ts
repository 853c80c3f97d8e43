import { oneOf, nearestName } from "../../definitions/nearest";
import { addSchemaIssues, type Mistakes } from "../../definitions/source/mistakes";
import { parseYamlFile, type YamlFile } from "../../definitions/source/yaml-file";
import { ACTION_NAMES, ACTIONS, PhaseFileShape, type ActionName, type WrittenStep } from "./schema";
import { decodeText } from "../../definitions/source/text-file";

/** A phase file, checked as far as that goes without looking at expressions or other files. */
export interface PhaseFile {
  readonly yaml: YamlFile;
  readonly text: string;
  /** By index in the file; steps with mistakes are left out. */
  readonly steps: readonly { readonly index: number; readonly written: WrittenStep }[];
}

/**
 * Understands a phase file. Every mistake goes to `mistakes`.
 *
 * @returns undefined when nothing of the file can be used.
 */
export function parsePhaseFile(name: string, content: Buffer, mistakes: Mistakes): PhaseFile | undefined {
  const text = mistakes.attempt(() => decodeText(name, content));
  if (text === undefined) return undefined;
  const yaml = mistakes.attempt(() => parseYamlFile(name, text));
  if (yaml === undefined) return undefined;
  const source = (path: readonly (string | number)[]) => ({ file: yaml, path });
  const shape = PhaseFileShape.safeParse(yaml.value);
  if (!shape.success) addSchemaIssues(mistakes, shape.error.issues, yaml.value, source, false);
  const list = stepsOf(yaml.value);
  const steps = list.flatMap((value, index) => {
    const written = parseStep(yaml, value, index, mistakes);
    return written === undefined ? [] : [{ index, written }];
  });
  return { yaml, text, steps };
}

function stepsOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null || !("steps" in value)) return [];
  return Array.isArray(value.steps) ? value.steps : [];
}

function parseStep(
  yaml: YamlFile,
  value: unknown,
  index: number,
  mistakes: Mistakes,
): WrittenStep | undefined {
  const path = ["steps", index];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    mistakes.at({ file: yaml, path }, { what: "a step has to be a map", allowed: "as `- run: make check`" });
    return undefined;
  }
  const action = actionOf(yaml, Object.keys(value), index, mistakes);
  if (action === undefined) return undefined;
  const checked = ACTIONS[action].safeParse(value);
  if (checked.success) return { action, step: checked.data } as WrittenStep;
  const source = (below: readonly (string | number)[]) => ({ file: yaml, path: [...path, ...below] });
  addSchemaIssues(mistakes, checked.error.issues, value, source, false);
  return undefined;
}

function actionOf(
  yaml: YamlFile,
  keys: readonly string[],
  index: number,
  mistakes: Mistakes,
): ActionName | undefined {
  const actions = ACTION_NAMES.filter((name) => keys.includes(name));
  const [action, second] = actions;
  if (action !== undefined && second === undefined) return action;
  if (second !== undefined) {
    mistakes.at(
      { file: yaml, path: ["steps", index, second] },
      {
        what: "a step has exactly one action",
        found: actions.join(" and "),
        remedy: "make two steps of it",
      },
      "key",
    );
    return undefined;
  }
  const misspelt = keys.find((key) => nearestName(key, ACTION_NAMES) !== undefined);
  mistakes.at(
    { file: yaml, path: misspelt === undefined ? ["steps", index] : ["steps", index, misspelt] },
    {
      what: misspelt === undefined ? "the step has no action" : `there is no action "${misspelt}"`,
      allowed: oneOf(ACTION_NAMES),
      remedy:
        misspelt === undefined ? undefined : `did you mean "${nearestName(misspelt, ACTION_NAMES) ?? ""}"?`,
    },
    "key",
  );
  return undefined;
}
