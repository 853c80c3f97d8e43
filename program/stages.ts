import * as pulumi from "@pulumi/pulumi";
import { describeStage, type Part, type Stage, waitsFor } from "../definitions/stages";
import { resourceType } from "../providers/resource-type";
import { WAITS_FOR } from "../providers/staged";

const LIFECYCLE = "command:local:Command";

/** Which part of an update a resource belongs to, by its type; others have nothing outside the state. */
const PARTS: Readonly<Record<string, Part>> = {
  [resourceType("CachedImage")]: "images",
  [resourceType("NewestImage")]: "images",
  [resourceType("Network")]: "guests",
  [resourceType("Domain")]: "guests",
  [resourceType("CacheEntry")]: "runs",
  [LIFECYCLE]: "runs",
};

/**
 * Has only one stage act. All resources stay registered: a resource of another stage stays as it is, and one that is new
 * gets its place in the state and waits. To be called before anything is registered.
 */
export function actOnlyIn(stage: Stage): void {
  if (stage === "full") return;
  void pulumi.log.info(`stage ${stage}: ${describeStage(stage)}`);
  pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
    const part = PARTS[type];
    const own = part === undefined ? null : waitsFor(part, stage);
    if (own === null) return undefined;
    return type === LIFECYCLE
      ? { props: { ...props, stdin: waitingRun(name, own) }, opts: unchanging(opts) }
      : { props: { ...props, [WAITS_FOR]: own }, opts };
  });
}

/** Standard input of a lifecycle that is registered before its stage: it says so and ends. */
function waitingRun(resource: string, stage: Stage): pulumi.Output<string> {
  const guest = { name: resource.replace(/-lifecycle$/, "") };
  return pulumi.secret(JSON.stringify({ stack: pulumi.getStack(), guest, [WAITS_FOR]: stage }));
}

/** A command that is there keeps what it ran with, so that nothing makes it run again. */
function unchanging(opts: pulumi.ResourceOptions): pulumi.CustomResourceOptions {
  return { ...opts, ignoreChanges: ["create", "stdin", "environment"] };
}
