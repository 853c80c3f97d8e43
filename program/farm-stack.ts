import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type Farm, Guest, GuestHandle } from "../components";
import type { ResolvedFarm, ResolvedProject } from "../definitions";
import { oneOf } from "../definitions/nearest";
import { UserError } from "../definitions/user-error";

/** The output of a stack without a project that other stacks find its guests by. */
export const HANDLES_OUTPUT = "guestHandles";

const Handles = z.record(z.string(), GuestHandle);

/** What a farm exports for stacks that run projects in its guests, by guest; secret. */
export function handlesOf({ guests }: Farm): pulumi.Output<Record<string, GuestHandle>> {
  const handles = [...guests].flatMap(([name, { guest }]) =>
    guest instanceof Guest ? [guest.handle.apply((handle) => [name, handle] as const)] : [],
  );
  return pulumi.secret(pulumi.all(handles).apply((known) => Object.fromEntries(known)));
}

/** A stack that makes the guests in which this one runs a project. */
export interface FarmStack {
  /** Name by which Pulumi knows it: `organization/project/stack`. */
  readonly reference: string;
  /** Its last part, after which the guests are named. */
  readonly name: string;
}

/** @param text as the configuration has it: the name of a stack of this Pulumi project, or a whole reference */
export function farmStackOf(text: string): FarmStack {
  const parts = text.split("/");
  const reference = parts.length === 1 ? `${pulumi.getOrganization()}/${pulumi.getProject()}/${text}` : text;
  return { reference, name: parts.at(-1) ?? text };
}

/**
 * The guests of a farm stack by name, from its outputs.
 *
 * @throws UserError when the stack exports none.
 */
export async function readHandles({ reference, name }: FarmStack): Promise<Record<string, GuestHandle>> {
  const stack = new pulumi.StackReference(reference);
  const found: pulumi.StackReferenceOutputDetails = await stack.getOutputDetails(HANDLES_OUTPUT);
  const output: unknown = found.secretValue ?? found.value;
  const handles = Handles.safeParse(output);
  if (handles.success) return handles.data;
  throw new UserError({
    what: `stack "${reference}" makes no guests for other stacks`,
    path: "stack configuration guest-farm:farmStack",
    found: output === undefined ? `no output ${HANDLES_OUTPUT}` : "another format",
    allowed: "a stack that was updated with guest-farm:project none",
    remedy: `pulumi config set -s ${name} guest-farm:project none && pulumi up -s ${name}`,
  });
}

/**
 * What of a farm a stack with a project works with: the project's guests, where the farm stack has put them. Pure.
 *
 * @throws UserError when no project is chosen, or for guests that the farm stack does not have.
 */
export function projectPart(
  farm: ResolvedFarm,
  handles: Readonly<Record<string, GuestHandle>>,
  { name: stack }: FarmStack,
): ResolvedFarm & { readonly project: ResolvedProject } {
  const { project } = farm;
  if (project === null) {
    throw new UserError({
      what: `this stack is to run a project in the guests of stack "${stack}", and none is chosen`,
      path: "stack configuration guest-farm:project",
      allowed: oneOf(farm.projects.map(({ name }) => name)),
      remedy: "pulumi config set guest-farm:project ...",
    });
  }
  const missing = project.guests.filter((name) => handles[name] === undefined);
  if (missing.length > 0) {
    throw new UserError({
      what: `the farm stack "${stack}" does not have all guests of project "${project.name}"`,
      found: `missing: ${missing.join(", ")}`,
      allowed: oneOf(Object.keys(handles)),
      remedy: `pulumi up -s ${stack}`,
    });
  }
  const guests = farm.guests.flatMap((guest) => {
    const handle = project.guests.includes(guest.name) ? handles[guest.name] : undefined;
    return handle === undefined ? [] : [{ ...guest, hypervisor: handle.domain.hypervisor.name }];
  });
  return { ...farm, project, guests };
}
