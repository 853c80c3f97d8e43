import * as pulumi from "@pulumi/pulumi";
import { type Mistake, UserError } from "../definitions/user-error";
import { ProgramError } from "./program-error";

const NAME = "farmSecret";
const KEY = `guest-farm:${NAME}`;
/** 32 hexadecimal digits are 128 bits. */
const MIN_LENGTH = 32;
const MIN_DIFFERENT = 8;

/** The secret that the keys of one farm derive from; undefined: every stack makes its own keys. */
export function farmSecret(): pulumi.Output<string> | undefined {
  const config = new pulumi.Config("guest-farm");
  const text = config.get(NAME);
  if (text === undefined) return undefined;
  try {
    checkFarmSecret(text, pulumi.getStack());
  } catch (error) {
    throw error instanceof UserError ? new ProgramError(error.message) : error;
  }
  return pulumi.secret(text.trim());
}

/** What Pulumi knows of its configuration; not in its typings. */
interface KnowsSecrets {
  isConfigSecret(key: string): boolean;
}

/**
 * Checks the farm secret of a stack's configuration.
 *
 * @throws UserError when it stands in the configuration in plain, or could be guessed. The message does not show it.
 */
export function checkFarmSecret(text: string, stack: string): void {
  const mistake = (what: string, found: string): Mistake => ({
    file: `Pulumi.${stack}.yaml`,
    path: KEY,
    what,
    found,
    allowed: `a secret of the stack with at least ${MIN_LENGTH} characters, drawn at random`,
    remedy: `openssl rand -hex 32 | pulumi config set -s ${stack} --secret ${KEY}`,
  });
  if (!(pulumi.runtime as unknown as KnowsSecrets).isConfigSecret(KEY)) {
    throw new UserError(
      mistake("the farm's secret stands in the configuration for all to read", "plain text"),
    );
  }
  const secret = text.trim();
  if (secret.length < MIN_LENGTH) {
    throw new UserError(mistake("the farm's secret is too short", `${secret.length} characters`));
  }
  const different = new Set(secret).size;
  if (different < MIN_DIFFERENT) {
    throw new UserError(mistake("the farm's secret could be guessed", `${different} different characters`));
  }
}
