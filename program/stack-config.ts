import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type Stage, STAGES } from "../definitions/stages";
import { nearestName, oneOf } from "../definitions/nearest";
import { UserError } from "../definitions/user-error";

/** What the configuration of a stack may say, under the name `guest-farm`. */
export interface StackConfig {
  /** Farm file, relative to the program's folder. Default: `stacks/<stack>/farm.yaml`, of the stack that makes the guests. */
  readonly farm: string;
  /** The stack that makes the guests; undefined: this one. */
  readonly farmStack: string | undefined;
  /** `none`: the guests are made, and other stacks run projects in them. */
  readonly project: string | undefined;
  readonly revision: string | undefined;
  readonly runMain: "onChange" | "always" | undefined;
  /** Where images come from, whatever the farm file says: `vendor`, `packages` or `auto`. */
  readonly imageSource: string | undefined;
  readonly allowedPhases: readonly string[] | undefined;
  /** Variables that win over those of the project. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** The stage that acts; the others wait. */
  readonly stage: Stage;
  /** Whether vendors are asked for newer images, which are fetched into the cache; guests keep theirs. */
  readonly updateImages: boolean;
  /** Names of the images of which guests are made anew from the newest one of the cache; true: all. */
  readonly adoptImages: boolean | readonly string[];
  /** Forces one run: any value other than the last one. */
  readonly rerun: string | undefined;
}

const SINGLE_VALUES = [
  "farm",
  "farmStack",
  "project",
  "revision",
  "runMain",
  "rerun",
  "imageSource",
] as const;
const OBJECTS = ["allowedPhases", "vars"] as const;
const NAMESPACE = "guest-farm:";
/** `removeDisks` is read by the domains themselves. */
const KEYS: readonly string[] = [
  ...[...SINGLE_VALUES, ...OBJECTS, "stage", "updateImages", "adoptImages", "removeDisks"],
];
const AdoptImages = z.union([z.boolean(), z.array(z.string())], "true, false or a list of names of images");
const RunMain = z.enum(["onChange", "always"]);
/** Chooses the stage of one command, whatever the configuration says. */
const STAGE_VARIABLE = "GUEST_FARM_STAGE";
const StageName = z.enum([...STAGES, "full"]);

/**
 * Reads the stack's configuration.
 * @throws UserError for a value of the wrong kind, or a key that is nearly one of these.
 */
export function readStackConfig(stack: string): StackConfig {
  refuseMisspeltKeys(stack);
  const config = new pulumi.Config("guest-farm");
  const [farm, farmStack, project, revision, runMain, rerun, imageSource] = SINGLE_VALUES.map((key) =>
    config.get(key),
  );
  return {
    farm: farm ?? `stacks/${farmStack?.split("/").at(-1) ?? stack}/farm.yaml`,
    farmStack,
    project,
    revision,
    runMain: runMain === undefined ? undefined : parse(stack, "runMain", RunMain, runMain),
    allowedPhases: parseObject(config, stack, OBJECTS[0], z.array(z.string()).optional()),
    vars: parseObject(config, stack, OBJECTS[1], z.record(z.string(), z.unknown()).optional()) ?? {},
    updateImages: parseObject(config, stack, "updateImages", z.boolean().optional()) ?? false,
    adoptImages: parseObject(config, stack, "adoptImages", AdoptImages.optional()) ?? false,
    stage: parse(stack, "stage", StageName, process.env[STAGE_VARIABLE] ?? config.get("stage") ?? "full"),
    rerun,
    imageSource,
  };
}

/** Other keys are the user's own: secrets of projects, and what the program around the farm reads. */
function refuseMisspeltKeys(stack: string): void {
  const given = Object.keys(pulumi.runtime.allConfig()).flatMap((key) =>
    key.startsWith(NAMESPACE) ? [key.slice(NAMESPACE.length)] : [],
  );
  for (const key of given.filter((name) => !KEYS.includes(name))) {
    const meant = nearestName(key, KEYS);
    if (meant === undefined) continue;
    throw new UserError({
      what: `the stack's configuration has a key that nothing reads; did you mean guest-farm:${meant}?`,
      file: `Pulumi.${stack}.yaml`,
      path: `guest-farm:${key}`,
      allowed: oneOf(KEYS),
      remedy: `pulumi config rm guest-farm:${key}, and set the right one; a secret needs a name that is less like one of these`,
    });
  }
}

function parseObject<T>(config: pulumi.Config, stack: string, key: string, schema: z.ZodType<T>): T {
  const text = config.get(key);
  return parse(stack, key, schema, text === undefined ? undefined : readJson(text));
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parse<T>(stack: string, key: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new UserError({
    what: "the stack's configuration has a value of the wrong kind",
    file: `Pulumi.${stack}.yaml`,
    path: `guest-farm:${key}`,
    found: JSON.stringify(value),
    allowed: result.error.issues.map((issue) => issue.message).join("; "),
    remedy: `pulumi config set --path guest-farm:${key} ...`,
  });
}
