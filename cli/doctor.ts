import { openLocalShell } from "../connections/local";
import { SYSTEM_PATHS } from "../definitions/builtin/defaults";
import { resolveFarm } from "../definitions/resolve";
import { UserError } from "../definitions/user-error";
import { readFarmFolder } from "../discovery/farm-folder";
import type { Check } from "../hypervisor/doctor/check";
import { checkController } from "../hypervisor/doctor/controller";
import { checkHypervisor } from "../hypervisor/doctor/hypervisor";
import { openHypervisor } from "../hypervisor/host";
import { HypervisorSpec } from "../hypervisor/spec";
import { formatTable } from "./table";

export interface DoctorOptions {
  /** Name of one hypervisor of the farm; default: all of the farm, or this machine when no stack is given. */
  readonly hypervisor?: string;
  /** Stack whose farm file names the hypervisors: `stacks/<stack>/farm.yaml`. */
  readonly stack?: string;
  /** Only what needs attention, and one line for the rest. */
  readonly brief?: boolean;
  /** Folder of the Pulumi program; default: the current one. */
  readonly folder?: string;
}

/** One part of the report: the controller, or a hypervisor. */
export interface DoctorSection {
  readonly title: string;
  readonly checks: readonly Check[];
}

/** Looks at the controller and at hypervisors. Changes nothing. @throws UserError for an unknown stack or name. */
export async function examine(options: DoctorOptions = {}): Promise<readonly DoctorSection[]> {
  const specs = hypervisorsOf(options);
  const shell = openLocalShell();
  const controller = checkController(shell).then((checks) => ({ title: "this machine", checks }));
  const hypervisors = specs.map(async (spec) => {
    const host = openHypervisor(spec);
    try {
      return { title: `hypervisor ${spec.name}`, checks: await checkHypervisor(host) };
    } finally {
      await host.close();
    }
  });
  try {
    return await Promise.all([controller, ...hypervisors]);
  } finally {
    await shell.close();
  }
}

/** Prints what `examine` finds. @returns the exit code: 1 when something does not work, else 0. */
export async function doctor(options: DoctorOptions, print: (text: string) => void): Promise<number> {
  const sections = await examine(options);
  print(report(sections, options.brief ?? false));
  return sections.some(({ checks }) => checks.some(({ severity }) => severity === "error")) ? 1 : 0;
}

/** The report as text: one table for each section, or briefly a line for each problem. */
export function report(sections: readonly DoctorSection[], brief: boolean): string {
  const parts = sections.map(({ title, checks }) => {
    const fine = checks.filter(({ severity }) => severity === "ok").length;
    const head = `${title}: ${fine} of ${checks.length} checks passed`;
    return [head, ...(brief ? briefLines(checks) : [table(checks)])].join("\n");
  });
  return `${parts.join(brief ? "\n" : "\n\n")}\n`;
}

function table(checks: readonly Check[]): string {
  const rows = checks.map(({ severity, what, found, wanted, remedy }) => [
    severity,
    what,
    found,
    wanted,
    remedy,
  ]);
  return formatTable(["", "what", "found", "wanted", "remedy"], rows);
}

/** One line for each check that has not passed. */
function briefLines(checks: readonly Check[]): string[] {
  return checks
    .filter(({ severity }) => severity !== "ok")
    .map(({ severity, what, found, remedy }) => `  ${severity}: ${what}: ${found}; ${remedy}`);
}

function hypervisorsOf({ hypervisor, stack, folder = process.cwd() }: DoctorOptions): HypervisorSpec[] {
  if (stack === undefined) {
    if (hypervisor === undefined || hypervisor === "local") return [thisMachine()];
    throw new UserError({
      what: `which farm has hypervisor "${hypervisor}"?`,
      remedy: `guest-farm doctor ${hypervisor} --stack <stack>`,
    });
  }
  const { farmFile, files } = readFarmFolder(folder, `stacks/${stack}/farm.yaml`);
  const farm = resolveFarm({ stack, farmFile, files });
  const chosen = farm.hypervisors.filter(({ name }) => hypervisor === undefined || name === hypervisor);
  if (chosen.length === 0) {
    throw new UserError({
      what: "the farm has no such hypervisor",
      file: farmFile.name,
      found: hypervisor ?? "none",
      allowed: farm.hypervisors.map(({ name }) => name).join(", "),
    });
  }
  return chosen.map(({ name, uri, connection, diskPoolPath, imageCachePath }) =>
    HypervisorSpec.parse({
      name,
      uri,
      connection,
      diskPoolPath: diskPoolPath ?? SYSTEM_PATHS.diskPoolPath,
      imageCachePath: imageCachePath ?? SYSTEM_PATHS.imageCachePath,
    }),
  );
}

function thisMachine(): HypervisorSpec {
  return { name: "local", uri: "qemu:///system", connection: { type: "local" }, ...SYSTEM_PATHS };
}
