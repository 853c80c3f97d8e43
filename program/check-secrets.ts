import type { ResolvedProject, SecretText } from "../definitions/resolved";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { type Mistake, UserError } from "../definitions/user-error";

/** A place of the farm that names a secret of the stack's configuration. */
interface Naming {
  /** `token`, or with a namespace `ci:token`. */
  readonly key: string;
  readonly file: string;
  readonly path?: string;
}

/**
 * Looks whether the stack's configuration has every secret that the farm names, before anything is registered.
 *
 * @param project null: none is chosen
 * @param configured the full keys of the configuration, as `guest-farm:token`
 * @throws UserError with every secret that is not there, each once.
 */
export function checkSecrets(
  stack: string,
  guests: readonly PlacedGuest[],
  project: Pick<ResolvedProject, "secrets" | "declaredAt"> | null,
  configured: readonly string[],
): void {
  const named = [...(project === null ? [] : ofProject(project)), ...guests.flatMap(ofGuest)];
  const mistakes = new Map<string, Mistake>();
  for (const { key, file, path } of named) {
    const full = key.includes(":") ? key : `guest-farm:${key}`;
    if (configured.includes(full) || mistakes.has(full)) continue;
    mistakes.set(full, {
      file,
      ...(path === undefined ? {} : { path }),
      what: `there is no secret "${key}" in the stack's configuration`,
      found: `no ${full} in Pulumi.${stack}.yaml`,
      remedy: `pulumi config set -s ${stack} --secret ${full}`,
    });
  }
  if (mistakes.size > 0) throw new UserError([...mistakes.values()]);
}

function ofProject({ secrets, declaredAt }: Pick<ResolvedProject, "secrets" | "declaredAt">): Naming[] {
  return Object.values(secrets).map((key) => ({ key, file: declaredAt.secrets }));
}

function ofGuest({ auth, seed, declaredAt: file }: PlacedGuest): Naming[] {
  const texts: readonly (readonly [path: string, text: SecretText | undefined])[] = [
    ["auth.password", auth.password],
    ["auth.become.password", auth.become?.password],
    ...(seed?.users ?? []).map(({ name, password }) => [`seed.users.${name}.password`, password] as const),
  ];
  return texts.flatMap(([path, text]) =>
    text === undefined || typeof text === "string" ? [] : [{ key: text.secret, file, path }],
  );
}
