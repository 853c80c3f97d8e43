import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { checkFarmSecret } from "../components/farm-secret";
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
const FARM_SECRET = "farmSecret";
const NAMESPACE = "guest-farm:";
/** `removeDisks` is read by the domains themselves, and `farmSecret` by what derives from it. */
const KEYS: readonly string[] = [
  ...[...SINGLE_VALUES, ...OBJECTS, "stage", "updateImages", "adoptImages", "removeDisks", FARM_SECRET],
];
const Flag = z.boolean("true or false");
const AdoptImages = z.union([z.boolean(), z.array(z.string())], "true, false or a list of names of images");
const RUN_MAIN = ["onChange", "always"] as const;
const RunMain = z.enum(RUN_MAIN, oneOf(RUN_MAIN));
const AllowedPhases = z.array(z.string("names of phases"), "a list of names of phases");
const Variables = z.record(z.string(), z.unknown(), "a map of names to values");
/** Chooses the stage of one command, whatever the configuration says. */
const STAGE_VARIABLE = "GUEST_FARM_STAGE";
const STAGE_NAMES = [...STAGES, "full"] as const;
const StageName = z.enum(STAGE_NAMES, oneOf(STAGE_NAMES));
/** How values that are no plain text are set. */
const EXAMPLES: Readonly<Record<string, string>> = {
  allowedPhases: "--path 'guest-farm:allowedPhases[0]' main",
  adoptImages: "--path 'guest-farm:adoptImages[0]' debian-12/amd64",
  vars: "--path guest-farm:vars.greeting hello",
};

/**
 * Reads the stack's configuration.
 * @throws UserError for a value of the wrong kind, or a key that is nearly one of these.
 */
export function readStackConfig(stack: string): StackConfig {
  refuseMisspeltKeys(stack);
  const config = new pulumi.Config("guest-farm");
  // Read again, from the file, when a domain is deleted: a wrong value would then mean that disks are kept.
  parseObject(config, stack, "removeDisks", Flag.optional());
  refuseUselessSecret(config, stack);
  for (const key of SINGLE_VALUES) refuseMaps(config, stack, key);
  refuseUnclearRemoval();
  const [farm, farmStack, project, revision, runMain, rerun, imageSource] = SINGLE_VALUES.map((key) =>
    config.get(key),
  );
  return {
    farm: farm ?? `stacks/${farmStack?.split("/").at(-1) ?? stack}/farm.yaml`,
    farmStack,
    project,
    revision,
    runMain: runMain === undefined ? undefined : parse(stack, "runMain", RunMain, runMain),
    allowedPhases: parseObject(config, stack, OBJECTS[0], AllowedPhases.optional()),
    vars: parseObject(config, stack, OBJECTS[1], Variables.optional()) ?? {},
    updateImages: parseObject(config, stack, "updateImages", Flag.optional()) ?? false,
    adoptImages: parseObject(config, stack, "adoptImages", AdoptImages.optional()) ?? false,
    stage: readStage(stack, config),
    rerun,
    imageSource,
  };
}

/** @throws UserError for a farm secret that is none, or where the keys are those of another stack. */
function refuseUselessSecret(config: pulumi.Config, stack: string): void {
  const secret = config.get(FARM_SECRET);
  if (secret === undefined) return;
  checkFarmSecret(secret, stack);
  const farmStack = config.get("farmStack");
  if (farmStack === undefined) return;
  throw new UserError({
    what: `this stack has its guests and their keys from stack "${farmStack}": a farm secret of its own would do nothing`,
    file: `Pulumi.${stack}.yaml`,
    path: `${NAMESPACE}${FARM_SECRET}`,
    remedy: `pulumi config rm -s ${stack} ${NAMESPACE}${FARM_SECRET}, and set it for the other stack before its first update`,
  });
}

/** A map or a list comes as JSON, and would be taken for a text. */
function refuseMaps(config: pulumi.Config, stack: string, key: string): void {
  const text = config.get(key);
  const value = text === undefined ? undefined : readJson(text);
  if (typeof value === "object" && value !== null) parse(stack, key, z.string("one text or number"), value);
}

/** Whatever is no `true` keeps the disks: whoever set it meant something. */
function refuseUnclearRemoval(): void {
  const found = process.env["GUEST_FARM_REMOVE_DISKS"];
  if (found === undefined || ["", "true", "false"].includes(found)) return;
  throw new UserError({
    what: "says neither that disks of long-lived guests go with them nor that they stay",
    path: "GUEST_FARM_REMOVE_DISKS",
    found: JSON.stringify(found),
    allowed: "true or false",
    remedy: "unset GUEST_FARM_REMOVE_DISKS, or give it one of these",
  });
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

function readStage(stack: string, config: pulumi.Config): Stage {
  const asked = process.env[STAGE_VARIABLE];
  if (asked === undefined || asked === "") {
    return parse(stack, "stage", StageName, config.get("stage") ?? "full");
  }
  const result = StageName.safeParse(asked);
  if (result.success) return result.data;
  throw new UserError({
    what: "there is no such stage",
    path: STAGE_VARIABLE,
    found: asked,
    allowed: oneOf(STAGE_NAMES),
    remedy: didYouMean(asked, STAGE_NAMES) ?? `unset ${STAGE_VARIABLE}, or give it one of these`,
  });
}

function parse<T>(stack: string, key: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const valid = result.error.issues.flatMap((issue) =>
    issue.code === "invalid_value" ? issue.values.map(String) : [],
  );
  throw new UserError({
    what: "the stack's configuration has a value of the wrong kind",
    file: `Pulumi.${stack}.yaml`,
    path: `guest-farm:${key}`,
    found: JSON.stringify(value),
    allowed: result.error.issues.map((issue) => issue.message).join("; "),
    remedy:
      (typeof value === "string" ? didYouMean(value, valid) : undefined) ??
      `pulumi config set -s ${stack} ${EXAMPLES[key] ?? `guest-farm:${key} ...`}`,
  });
}

function didYouMean(found: string, candidates: readonly string[]): string | undefined {
  const nearest = nearestName(found, candidates);
  return nearest === undefined ? undefined : `did you mean "${nearest}"?`;
}
