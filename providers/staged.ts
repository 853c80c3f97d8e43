import type { z } from "zod";
import type { Stage } from "../definitions/stages";
import { failsWithoutInputs } from "./absent-inputs";
import { endsWithEngine } from "./ends-with-engine";
import type { Properties, ResourceHandler } from "./resource-handler";

/** Input of a resource that must not act in this update: the stage that it waits for. */
export const WAITS_FOR = "waitsForStage";
/** Output of a resource of which there is nothing yet but its entry in the state. */
const PENDING = "pending";

/** What stands for a resource while it waits for its stage. */
export interface Placeholder {
  /** What its inputs have to be. */
  readonly inputs: z.ZodObject;
  /** The id that it will have. */
  readonly id: (inputs: Properties) => string;
  /** Outputs that others read. */
  readonly outs: Properties;
  /** What it needs of an earlier stage, if that has not been run; for people. Default: nothing. */
  readonly missing?: (inputs: Properties) => { readonly property: string; readonly reason: string } | null;
}

/**
 * A handler that does nothing while its resource waits for a stage: one that is there stays as it is, one that is new
 * gets a placeholder in the state, which the update of its stage makes real. So every resource is registered in every
 * stage, and choosing a stage deletes nothing.
 */
export function staged(acting: ResourceHandler, placeholder: Placeholder): ResourceHandler {
  const handler = failsWithoutInputs(acting, placeholder.inputs);
  const waits = (props: Properties) => props[WAITS_FOR] !== undefined;
  const isPending = (props: Properties) => props[PENDING] === true;
  return endsWithEngine({
    check: (olds, news) => {
      if (waits(news)) return Promise.resolve({ inputs: news });
      const missing = placeholder.missing?.(news) ?? null;
      return missing === null ? handler.check(olds, news) : Promise.resolve({ failures: [missing] });
    },

    diff: (id, olds, news) => {
      if (waits(news)) return Promise.resolve({ changes: false });
      return isPending(olds) ? Promise.resolve({ changes: true }) : handler.diff(id, olds, news);
    },

    create: (inputs) => {
      if (!waits(inputs)) return handler.create(inputs);
      const outs = { ...inputs, ...placeholder.outs, [PENDING]: true };
      return Promise.resolve({ id: placeholder.id(inputs), outs });
    },

    read: (id, props) => (isPending(props) ? Promise.resolve({ id, props }) : handler.read(id, props)),

    update: async (id, olds, news) => {
      if (!isPending(olds)) return handler.update(id, olds, news);
      const made = await handler.create(news);
      return { outs: made.outs as Properties };
    },

    delete: (id, props) => (isPending(props) ? Promise.resolve() : handler.delete(id, props)),
  });
}

/** What to do when something of an earlier stage is not there. */
export function runFirst(stage: Exclude<Stage, "full">): string {
  return `run stage ${stage} first: make stage STAGE=${stage}, or pulumi config set guest-farm:stage ${stage} && pulumi up`;
}
