import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";

/**
 * A wrong argument of a component. The engine prints the path and the reason when the component runs in a provider
 * of its own; a program that throws it ends with both in one line, and without a stack trace.
 */
export class ArgumentError extends pulumi.InputPropertyError {
  /** What `RunError.isInstance` looks for: errors that have it are for people, and printed as they are. */
  readonly __pulumiRunError = true;

  /** @param propertyPath path below the arguments, as `project.revision`; empty when no single property is wrong */
  constructor(propertyPath: string, reason: string) {
    super({ propertyPath, reason });
    this.name = "InputPropertyError";
    if (propertyPath !== "") this.message = `${propertyPath}: ${reason}`;
  }

  /** See `ProgramError`. */
  [inspect.custom](): string {
    return this.message;
  }
}
