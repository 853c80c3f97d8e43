import { execFile } from "node:child_process";
import { z } from "zod";
import { resourceType } from "../../providers/resource-type";
import { UserError } from "../../definitions/user-error";
import type { LiveFarm, LiveFarms } from "../../hypervisor/sweep/decide";

const Stacks = z.array(z.object({ name: z.string() }));
const State = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          type: z.string(),
          id: z.string().optional(),
          outputs: z.record(z.string(), z.unknown()).optional(),
        }),
      )
      .optional(),
  }),
});

/** Runs `pulumi` with arguments in the program's folder and returns its standard output. */
export type RunPulumi = (args: readonly string[]) => Promise<string>;

/**
 * The farms that the backend's states know, with what each holds. Everything else is not known to be in use.
 * @throws UserError when a state cannot be read: then nothing may be called left over.
 */
export async function liveFarms(run: RunPulumi): Promise<LiveFarms> {
  const stacks = Stacks.parse(JSON.parse(await run(["stack", "ls", "--json"])));
  const farms = await Promise.all(
    stacks.map(async ({ name }) => farmOfState(name, await run(["stack", "export", "--stack", name]))),
  );
  return { farms: new Map(farms.flat()) };
}

/** Farm id and content of a state; a state without a farm gives none. */
export function farmOfState(stack: string, text: string): (readonly [string, LiveFarm])[] {
  const resources = State.parse(JSON.parse(text)).deployment.resources ?? [];
  const outputs = (type: string, key: string) =>
    resources.flatMap((resource) => {
      const value = resource.type === resourceType(type) ? resource.outputs?.[key] : undefined;
      return typeof value === "string" ? [value] : [];
    });
  // Their ids are their names as well, and never secret.
  const names = (type: string) =>
    new Set([
      ...outputs(type, "name"),
      ...resources.flatMap((resource) => (resource.type === resourceType(type) ? (resource.id ?? []) : [])),
    ]);
  const farm = { stack, domains: names("Domain"), networks: names("Network") };
  return outputs("FarmIdentity", "farmId").map((id) => [id, farm] as const);
}

/** `pulumi` of the PATH. */
export function pulumiIn(folder: string): RunPulumi {
  return (args) =>
    new Promise((resolve, reject) => {
      const options = { cwd: folder, maxBuffer: 512 * 1024 * 1024 };
      execFile("pulumi", [...args, "--non-interactive"], options, (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        reject(
          new UserError({
            what: "the states of this project cannot be read, so it is not known what is in use",
            found: (stderr.trim() || error.message).slice(0, 2000),
            remedy: `make this work first: pulumi ${args.join(" ")}`,
          }),
        );
      });
    });
}
