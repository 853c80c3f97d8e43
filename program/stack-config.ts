import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type Stage, STAGES } from "../definitions/stages";
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
const RunMain = z.enum(["onChange", "always"]);
/** Chooses the stage of one command, whatever the configuration says. */
const STAGE_VARIABLE = "GUEST_FARM_STAGE";
const StageName = z.enum([...STAGES, "full"]);

/**
 * Reads the stack's configuration.
 * @throws UserError for a value of the wrong kind.
 */
export function readStackConfig(stack: string): StackConfig {
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
    stage: parse(stack, "stage", StageName, process.env[STAGE_VARIABLE] ?? config.get("stage") ?? "full"),
    rerun,
    imageSource,
  };
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
