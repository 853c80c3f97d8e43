import { openLocalShell } from "../connections/local";
import type { Check } from "../hypervisor/doctor/check";
import { checkController } from "../hypervisor/doctor/controller";
import { checkHypervisor } from "../hypervisor/doctor/hypervisor";
import { openHypervisor } from "../hypervisor/host";
import { type HypervisorChoice, hypervisorsOf } from "./hypervisors";
import { formatTable } from "./table";

export interface DoctorOptions extends HypervisorChoice {
  /** Only what needs attention, and one line for the rest. */
  readonly brief?: boolean;
}

/** One part of the report: the controller, or a hypervisor. */
export interface DoctorSection {
  readonly title: string;
  readonly checks: readonly Check[];
}

/** Looks at the controller and at hypervisors. Changes nothing. @throws UserError for an unknown stack or name. */
export async function examine(options: DoctorOptions = {}): Promise<readonly DoctorSection[]> {
  const specs = hypervisorsOf("doctor", options);
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
