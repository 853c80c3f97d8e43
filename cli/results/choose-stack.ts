import { nearestName } from "../../definitions/nearest";
import { UserError } from "../../definitions/user-error";
import { fileSlug } from "../../hypervisor/guest-files";
import { keptStacks } from "./kept-results";
import { selectedStack } from "./selected-stack";

/**
 * The stack whose results are asked for.
 *
 * @param wanted what the user says; undefined: the stack that is selected in Pulumi, else the only one with results
 * @throws UserError when it has no results, or none can be chosen; it lists those that have.
 */
export function chooseStack(
  wanted: string | undefined,
  { folder, environment }: { folder: string; environment: Readonly<Record<string, string | undefined>> },
): string {
  const stacks = keptStacks(folder);
  if (stacks.length === 0) {
    throw new UserError({
      what: "there are no results here yet",
      found: "no run below .guest-farm",
      remedy: "run `pulumi up` first, or go to the folder of the Pulumi program",
    });
  }
  const has = (stack: string) => stacks.includes(fileSlug(stack));
  if (wanted !== undefined) {
    if (has(wanted)) return wanted;
    const nearest = nearestName(wanted, stacks);
    throw new UserError({
      what: "this stack has no results here",
      found: wanted,
      allowed: stacks.join(", "),
      remedy: nearest === undefined ? "run `pulumi up` first" : `did you mean "${nearest}"?`,
    });
  }
  const selected = selectedStack(folder, environment);
  if (selected !== undefined && has(selected)) return selected;
  const [only] = stacks;
  if (only !== undefined && stacks.length === 1) return only;
  throw new UserError({
    what: "several stacks have results here",
    found: selected === undefined ? "no stack is selected" : `the selected stack, ${selected}, has none`,
    allowed: stacks.join(", "),
    remedy: "say which one with --stack",
  });
}
