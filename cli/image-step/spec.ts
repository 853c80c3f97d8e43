import { z } from "zod";
import { PlainImage } from "../../definitions/images";
import { HypervisorSpec } from "../../hypervisor/spec";

/** What an image's step reads from standard input. */
export const ImageStepSpec = z.strictObject({
  hypervisor: HypervisorSpec,
  /** The image up to this step, which is its last; without steps: its source. */
  image: PlainImage,
  /** Whether another image stands in when the source cannot be reached. */
  hasFallback: z.boolean(),
});
export type ImageStepSpec = z.infer<typeof ImageStepSpec>;

/** Of a step that is registered before its stage: it does nothing. */
export const WaitingStep = z.strictObject({ waitsForStage: z.string() });
