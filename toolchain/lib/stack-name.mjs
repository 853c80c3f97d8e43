import { SetupError } from "./console.mjs";

/** What Pulumi takes as the name of a stack. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}$/;
const SHOWN = 100;

/**
 * Makes sure that something can be the name of a stack before any program gets to see it.
 *
 * @param {string} stack
 * @param {{ qualified: boolean }} allowed `qualified`: `organization/stack` and `organization/project/stack` as well,
 *   which backends with organizations have
 * @throws {SetupError}
 */
export function assertStackName(stack, { qualified }) {
  const parts = stack.split("/");
  const fits = parts.length <= (qualified ? 3 : 1) && parts.every((part) => NAME.test(part));
  if (fits && !stack.startsWith("-")) return;
  const shown = stack.length > SHOWN ? `${stack.slice(0, SHOWN)}...` : stack;
  throw new SetupError(
    stack === ""
      ? "STACK is empty."
      : `STACK is ${JSON.stringify(shown)}, which cannot be the name of a stack.`,
    "A stack's name has 1 to 100 letters, digits, hyphens, underscores and dots, and does not begin with a hyphen:\n" +
      "make up STACK=quickstart",
  );
}
