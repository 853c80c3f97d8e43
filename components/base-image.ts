import * as pulumi from "@pulumi/pulumi";
import { type ImageDefinition, vendorList } from "../definitions/images";
import { UserError } from "../definitions/user-error";
import { type BaseImageFacts, CachedImage } from "../providers/cached-image";
import { NewestImage } from "../providers/newest-image";
import { ProgramError } from "./program-error";
import { withFiles } from "./image/own-files";
import { stepCommands } from "./image/step-commands";
import type { Hypervisor } from "./hypervisor";

export type { BaseImageFacts };

/** Arguments of a {@link BaseImage}. */
export interface BaseImageArgs {
  /** In whose cache it is. */
  hypervisor: Hypervisor;
  /** Where the image comes from and what is done to it; see `docs/farm-file.md`. */
  definition: ImageDefinition;
  /**
   * Whether the vendor is asked for a newer image, which is then fetched into the cache. Guests keep the one that they
   * were made from. Default: false.
   */
  update?: boolean;
  /** Whether the newest image of the cache is taken: its guests are made anew from it. Default: false. */
  adopt?: boolean;
}

/**
 * A verified, read-only disk image in the cache of a hypervisor: fetched or built when it is not there. It stays in
 * the cache when the resource is deleted. The source and each step of an image with steps are commands of their own.
 *
 * @throws ProgramError for a file of the controller that cannot be read.
 */
export class BaseImage extends pulumi.ComponentResource {
  /** What guests need to know of it. */
  readonly facts: pulumi.Output<BaseImageFacts>;

  constructor(name: string, args: BaseImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("guest-farm:index:BaseImage", name, {}, opts);
    const { hypervisor, update = false, adopt = false } = args;
    const definition = readingFiles(args.definition);
    const inputs = { hypervisor: hypervisor.spec, definition };
    const steps = hypervisor.isGuest ? [] : stepCommands(name, inputs, this);
    const options = { parent: this, dependsOn: steps.slice(-1), ...hypervisor.secretOutputs };
    const image = new CachedImage(name, { ...inputs, update, adopt }, options);
    this.facts = image.facts;
    if (vendorList(definition) !== null) {
      const kept = image.facts.digest;
      // Not a child of this component: an image waits for all of them, because its own URN is made from this one's.
      new NewestImage(name, { ...inputs, kept, fetch: update }, { ...options, parent: image });
    }
    this.registerOutputs({ facts: this.facts });
  }
}

function readingFiles(definition: ImageDefinition): ImageDefinition {
  try {
    return withFiles(definition);
  } catch (error) {
    throw error instanceof UserError ? new ProgramError(error.message) : error;
  }
}
