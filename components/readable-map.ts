import * as pulumi from "@pulumi/pulumi";

/** Readable inputs, some of which may only be known when the resources that they come from are there. */
export interface ReadableMap {
  readonly known: pulumi.Output<Readonly<Record<string, string>>>;
  readonly later: Readonly<Record<string, pulumi.Output<string>>>;
}

/** What Pulumi itself asks of an output before it sends it to the engine; not in its typings. */
interface Resolving<T> {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<T>;
}

/** Value of an output; undefined: it is only known when the resources that it comes from are there. */
export async function knownValue<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const resolving = output as unknown as Resolving<T>;
  const value = await resolving.promise();
  return (await resolving.isKnown) ? value : undefined;
}

/**
 * The map as an input of a resource. One output of all of it would be unknown as soon as one value is, and a preview
 * could not say what of the rest has changed.
 */
export async function mapInput({ known, later }: ReadableMap): Promise<Record<string, pulumi.Input<string>>> {
  const values = await knownValue(known);
  return { ...later, ...(values ?? { GUEST_FARM_INPUTS: pulumi.jsonStringify(known) }) };
}

/** The map as one output. */
export function mapOutput({ known, later }: ReadableMap): pulumi.Output<Record<string, string>> {
  return pulumi.all([known, pulumi.all(later)]).apply(([values, others]) => ({ ...others, ...values }));
}
