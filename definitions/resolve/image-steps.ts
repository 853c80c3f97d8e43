import type { ImageStep } from "../images";
import { nearestName, oneOf } from "../nearest";
import { STEP_ACTIONS, type ImageStepDefinition } from "../schemas/image";
import type { Mistakes } from "../source/mistakes";
import type { Source } from "../source/node";

interface PlacedStep {
  readonly name: string | undefined;
  /** The step that this one was put after. */
  readonly after: string | undefined;
  readonly step: ImageStep;
}

/**
 * The steps in their order: each stays where it is written, unless it says `before` or `after` which other it goes.
 * Several steps after the same one keep the order in which they are written.
 */
export function orderSteps(
  steps: readonly ImageStepDefinition[],
  sourceOf: (index: number) => Source,
  mistakes: Mistakes,
): ImageStep[] {
  const ordered: PlacedStep[] = [];
  const isAnchored = (step: ImageStepDefinition) => step.before !== undefined || step.after !== undefined;
  for (const anchored of [false, true]) {
    steps.forEach((definition, index) => {
      if (isAnchored(definition) !== anchored) return;
      const step = stepOf(definition, sourceOf(index), mistakes);
      if (step !== undefined) insert(ordered, definition, step, sourceOf(index), mistakes);
    });
  }
  return ordered.map(({ step }) => step);
}

function insert(
  ordered: PlacedStep[],
  { name, before, after }: ImageStepDefinition,
  step: ImageStep,
  source: Source,
  mistakes: Mistakes,
): void {
  const names = ordered.flatMap((other) => (other.name === undefined ? [] : [other.name]));
  if (name !== undefined && names.includes(name)) {
    mistakes.at(source, { what: `there are two steps called "${name}"`, remedy: "rename one of them" });
  }
  if (before !== undefined && after !== undefined) {
    mistakes.at(source, { what: 'a step has "before" or "after", not both' });
    return;
  }
  const anchor = before ?? after;
  let at = anchor === undefined ? ordered.length : ordered.findIndex((other) => other.name === anchor);
  if (at < 0) {
    const nearest = nearestName(anchor ?? "", names);
    mistakes.at(source, {
      what: `there is no step "${anchor ?? ""}" to put this one next to`,
      allowed: oneOf(names),
      remedy: nearest === undefined ? undefined : `did you mean "${nearest}"?`,
    });
    return;
  }
  if (after !== undefined) {
    do at++;
    while (ordered[at]?.after === after);
  }
  ordered.splice(at, 0, { name, after, step });
}

function stepOf(definition: ImageStepDefinition, source: Source, mistakes: Mistakes): ImageStep | undefined {
  const actions = STEP_ACTIONS.filter((action) => definition[action] !== undefined);
  const name = definition.name === undefined ? {} : { name: definition.name };
  const { decompress, convert, resize, customize, run } = definition;
  if (actions.length !== 1) {
    const what =
      actions.length === 0
        ? "the step does nothing"
        : `the step does ${actions.length} things: ${actions.join(", ")}`;
    mistakes.at(source, { what, allowed: `one of ${STEP_ACTIONS.join(", ")}` });
    return undefined;
  }
  if (decompress !== undefined) {
    const options =
      typeof decompress === "object" ? decompress : decompress === true ? {} : { format: decompress };
    return { ...name, kind: "decompress", ...options };
  }
  if (convert !== undefined) return { ...name, kind: "convert", to: convert };
  if (resize !== undefined) {
    const { size, partition } = typeof resize === "number" ? { size: resize } : resize;
    return { ...name, kind: "resize", sizeMiB: size, ...(partition !== undefined && { partition }) };
  }
  if (customize !== undefined) {
    const { packages = [], commands = [], files = [] } = customize;
    return { ...name, kind: "customize", packages, commands, files };
  }
  const script = typeof run === "string" ? { script: run } : (run ?? {});
  if ((script.script === undefined) === (!("text" in script) || script.text === undefined)) {
    mistakes.at(source, { what: "a run step has a script file or a text", allowed: "script, or text" });
    return undefined;
  }
  return { ...name, kind: "run", timeout: 600, ...script };
}
