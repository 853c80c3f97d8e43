import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const Project = z.object({ name: z.string() });
const Workspace = z.object({ stack: z.string().optional() });

/**
 * The stack that is selected in Pulumi for the program in a folder, without asking the CLI. Format: the workspace
 * file of pulumi/sdk/go/common/workspace, named after the project and the SHA-1 of its file's path.
 *
 * @returns undefined when none is selected, or the folder holds no Pulumi project
 */
export function selectedStack(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (environment["PULUMI_STACK"]) return plainName(environment["PULUMI_STACK"]);
  const home = environment["PULUMI_HOME"] ?? join(homedir(), ".pulumi");
  const projectFile = join(folder, "Pulumi.yaml");
  try {
    const { name } = Project.parse(parse(readFileSync(projectFile, "utf8")));
    const digest = createHash("sha1").update(projectFile).digest("hex");
    const file = join(home, "workspaces", `${name}-${digest}-workspace.json`);
    const { stack } = Workspace.parse(JSON.parse(readFileSync(file, "utf8")));
    return stack === undefined || stack === "" ? undefined : plainName(stack);
  } catch {
    return undefined;
  }
}

/** `organization/project/stack` without what stands before the stack. */
function plainName(stack: string): string {
  return stack.slice(stack.lastIndexOf("/") + 1);
}
