import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";

/** A mistake of the user that ends the program: Pulumi shows the message alone. */
export class ProgramError extends pulumi.RunError {
  /**
   * Pulumi hangs the promises of the whole program on errors that come out of outputs, and then renders the error
   * with all that hangs on it for its traces, which takes a minute and more.
   */
  [inspect.custom](): string {
    return this.message;
  }
}
