import * as pulumi from "@pulumi/pulumi";
import { IMAGE_STEP_COMMAND } from "../components/image/step-command-text";
import { LIFECYCLE_COMMAND } from "../components/lifecycle-command-text";
import { describeStage, type Part, type Stage, waitsFor } from "../definitions/stages";
import { resourceType } from "../providers/resource-type";
import { WAITS_FOR } from "../providers/staged";

/** Which part of an update a resource belongs to, by its type; others have nothing outside the state. */
const PARTS: Readonly<Record<string, Part>> = {
  [resourceType("CachedImage")]: "images",
  [resourceType("NewestImage")]: "images",
  [resourceType("Network")]: "guests",
  [resourceType("Domain")]: "guests",
  [resourceType("CacheEntry")]: "runs",
};
/** The same of commands, by their text. */
const COMMAND_PARTS: Readonly<Record<string, Part>> = {
  [IMAGE_STEP_COMMAND]: "images",
  [LIFECYCLE_COMMAND]: "runs",
};

/**
 * Has only one stage act. All resources stay registered: a resource of another stage stays as it is, and one that is new
 * gets its place in the state and waits. To be called before anything is registered.
 */
export function actOnlyIn(stage: Stage): void {
  if (stage === "full") return;
  void pulumi.log.info(`stage ${stage}: ${describeStage(stage)}`);
  pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    const commandPart = type === "command:local:Command" ? COMMAND_PARTS[String(props["create"])] : undefined;
    const part = commandPart ?? PARTS[type];
    const own = part === undefined ? null : waitsFor(part, stage);
    if (own === null) return undefined;
    return commandPart === undefined
      ? { props: { ...props, [WAITS_FOR]: own }, opts }
      : { props: { ...props, stdin: waitingInput(name, commandPart, own) }, opts: unchanging(opts) };
  });
}

/** Standard input of a command that is registered before its stage: it says so and ends. */
function waitingInput(resource: string, part: Part, stage: Stage): pulumi.Output<string> {
  const waiting = { [WAITS_FOR]: stage };
  const guest = { name: resource.replace(/-lifecycle$/, "") };
  return pulumi.secret(
    JSON.stringify(part === "runs" ? { stack: pulumi.getStack(), guest, ...waiting } : waiting),
  );
}

/** A command that is there keeps what it ran with, so that nothing makes it run again. */
function unchanging(opts: pulumi.ResourceOptions): pulumi.CustomResourceOptions {
  return { ...opts, ignoreChanges: ["create", "stdin", "environment"] };
}
