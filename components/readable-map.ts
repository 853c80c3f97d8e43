import type * as pulumi from "@pulumi/pulumi";

/** A map of which some values may only be known when their resources are there. */
export interface ReadableMap {
  readonly known: pulumi.Output<Readonly<Record<string, string>>>;
  readonly later: Readonly<Record<string, pulumi.Output<string>>>;
}

/** What Pulumi itself asks an output for when it sends it to the engine. Not in its typings. */
interface Resolved<T> {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<T>;
}

/**
 * The map as an input of a resource. As one output it would be unknown as a whole as soon as one of its values is, and
 * a preview could not say what of the rest has changed.
 */
export async function mapInput(map: ReadableMap): Promise<Record<string, pulumi.Input<string>>> {
  const known = await knownValue(map.known);
  if (known === undefined) throw new Error("the readable inputs of a lifecycle are not known in time");
  return { ...map.later, ...known };
}

/** Value of an output; undefined: only known when the resources that it comes from are there. */
export async function knownValue<T>(output: pulumi.Output<T>): Promise<T | undefined> {
  const resolved = output as unknown as Resolved<T>;
  const value = await resolved.promise();
  return (await resolved.isKnown) ? value : undefined;
}
