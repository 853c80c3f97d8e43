import type { z } from "zod";
import type { Properties, ResourceHandler } from "./resource-handler";

/**
 * A handler that fails by itself, and alone, when inputs are not there. With `--continue-on-error` the engine goes on
 * to resources whose inputs come from one that could not be made, and leaves these inputs out. Refused by `check` they
 * would end the program, and with it everything that it has not registered yet, other guests' runs too.
 */
export function failsWithoutInputs(handler: ResourceHandler, schema: z.ZodObject): ResourceHandler {
  const required = Object.keys(schema.shape).filter((key) => !acceptsNothing(schema, key));
  const absent = (props: Properties) => required.filter((key) => props[key] === undefined);
  return {
    ...handler,
    check: (olds, news) =>
      absent(news).length > 0 ? Promise.resolve({ inputs: news }) : handler.check(olds, news),
    diff: (id, olds, news) =>
      absent(news).length > 0 ? Promise.resolve({ changes: true }) : handler.diff(id, olds, news),
    create: (inputs) => refusal(absent(inputs)) ?? handler.create(inputs),
    update: (id, olds, news) => refusal(absent(news)) ?? handler.update(id, olds, news),
  };
}

function acceptsNothing({ shape }: z.ZodObject, key: string): boolean {
  return (shape[key] as z.ZodType).safeParse(undefined).success;
}

function refusal(absent: readonly string[]): Promise<never> | null {
  if (absent.length === 0) return null;
  const what = `${absent.join(" and ")} would come from something that could not be made`;
  return Promise.reject(new Error(`${what}; the error of that one says why`));
}
