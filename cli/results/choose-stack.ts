import { nearestName } from "../../definitions/nearest";
import { UserError } from "../../definitions/user-error";
import { stackSlug } from "../../hypervisor/controller-files";
import type { CliContext } from "../command";
import { keptStacks } from "./kept-results";
import { selectedStack } from "./selected-stack";

/** What tells the stack that is meant: the program's folder, and the environment. */
type StackContext = Pick<CliContext, "folder" | "environment">;

/**
 * The stack whose results are asked for.
 *
 * @param wanted what the user says; undefined: the stack that is selected in Pulumi, else the only one with results
 * @throws UserError when it has no results, or none can be chosen; it lists those that have.
 */
export function chooseStack(wanted: string | undefined, { folder, environment }: StackContext): string {
  const stacks = keptStacks(folder);
  if (stacks.length === 0) {
    throw new UserError({
      what: "there are no results here yet",
      found: "no run below .guest-farm",
      remedy: "run `pulumi up` first, or go to the folder of the Pulumi program",
    });
  }
  const has = (stack: string) => stacks.includes(stackSlug(stack));
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

/** The only stack with results here, where none is selected in Pulumi; else undefined: Pulumi knows the stack. */
export function onlyStack({ folder, environment }: StackContext): string | undefined {
  if (selectedStack(folder, environment) !== undefined) return undefined;
  const [only, ...others] = keptStacks(folder);
  return others.length === 0 ? only : undefined;
}
