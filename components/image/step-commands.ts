import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { ImageStepSpec } from "../../cli/image-step/spec";
import type { ImageDefinition, PlainImage } from "../../definitions/images";
import { lastStepText } from "../../hypervisor/images/build-plan";
import { stepsKey } from "../../hypervisor/images/request-key";
import type { HypervisorSpec } from "../../hypervisor/spec";
import { stagesOf } from "../../hypervisor/images/steps/stages";
import { IMAGE_STEP_COMMAND } from "./step-command-text";

/** Digits of a digest that people are shown. */
const SHORT = 12;

export interface StepCommandsArgs {
  readonly hypervisor: pulumi.Output<HypervisorSpec>;
  readonly definition: ImageDefinition;
}

/**
 * Registers one command for the source of an image and one for each of its steps, each after the one before. A command
 * knows only what leads to it, so that a changed step makes only itself and the later ones run again.
 *
 * @returns none for an image without steps: then nothing of it is made in between.
 */
export function stepCommands(
  name: string,
  { hypervisor, definition }: StepCommandsArgs,
  parent: pulumi.Resource,
): readonly command.local.Command[] {
  const { fallback, ...image } = definition;
  if (image.steps.length === 0) return [];
  const names = labelsOf(image);
  const commands: command.local.Command[] = [];
  for (const [index, stage] of stagesOf(image).entries()) {
    const spec = hypervisor.apply((host): ImageStepSpec => ({
      hypervisor: onlyItsPlace(host),
      image: stage,
      hasFallback: fallback !== undefined,
    }));
    commands.push(
      new command.local.Command(
        `${name}-${names[index] ?? index}`,
        {
          create: IMAGE_STEP_COMMAND,
          stdin: pulumi.secret(pulumi.jsonStringify(spec)),
          environment: {
            GUEST_FARM_IMAGE: image.name,
            GUEST_FARM_STEP: lastStepText(stage),
            GUEST_FARM_INPUTS: stepsKey(stage).slice(0, SHORT),
          },
          logging: command.local.Logging.Stdout,
          addPreviousOutputInEnv: false,
        },
        { parent, dependsOn: commands.slice(-1), additionalSecretOutputs: ["stdin"] },
      ),
    );
  }
  return commands;
}

/** What of a hypervisor says nothing about where its image cache is must not make a step run again. */
function onlyItsPlace({
  name,
  uri,
  connection,
  diskPoolPath,
  imageCachePath,
}: HypervisorSpec): HypervisorSpec {
  return { name, uri, connection, diskPoolPath, imageCachePath };
}

/** `source`, then each step by its name or what it does; a second one of the same label has its number. */
function labelsOf({ steps }: PlainImage): readonly string[] {
  const labels = ["source"];
  for (const [index, step] of steps.entries()) {
    const label = (step.name ?? step.kind).replace(/[^A-Za-z0-9_.-]+/g, "-");
    labels.push(labels.includes(label) ? `${label}-${index + 1}` : label);
  }
  return labels;
}
