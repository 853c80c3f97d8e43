import * as pulumi from "@pulumi/pulumi";
import type { SecretText } from "../../definitions/resolved";
import type { PlacedGuest } from "../../definitions/placement/place-farm";

/** The texts of a guest's definition that may be secrets of the stack. */
export interface SecretTexts {
  readonly password: string | undefined;
  readonly becomePassword: string | undefined;
  /** Passwords of the seed's users, by user name. */
  readonly users: Readonly<Record<string, string>>;
}

/** Reads what a definition refers to from the stack's secrets. @throws ConfigMissingException naming the key. */
export function secretTexts(definition: PlacedGuest): pulumi.Output<SecretTexts> {
  const { password, become } = definition.auth;
  const users = (definition.seed?.users ?? []).flatMap((user) =>
    user.password === undefined
      ? []
      : [secretText(user.password).apply((text) => [user.name, text] as const)],
  );
  return pulumi
    .all([optional(password), optional(become?.password), pulumi.all(users)])
    .apply(([login, becoming, seeded]) => ({
      password: login,
      becomePassword: becoming,
      users: Object.fromEntries(seeded),
    }));
}

/** One value of the stack's secrets. `key` may have a namespace of its own: `ci:token`. */
export function stackSecret(key: string): pulumi.Output<string> {
  const [name = key, namespace = "guest-farm"] = key.split(":").reverse();
  return new pulumi.Config(namespace).requireSecret(name);
}

function secretText(text: SecretText): pulumi.Output<string> {
  return typeof text === "string" ? pulumi.secret(text) : stackSecret(text.secret);
}

function optional(text: SecretText | undefined): pulumi.Output<string | undefined> {
  return text === undefined ? pulumi.output(undefined) : secretText(text);
}
