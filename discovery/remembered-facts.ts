import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { HypervisorFacts } from "../definitions/placement/facts";
import { fileSlug } from "../hypervisor/guest-files";

const Remembered = z.record(z.string(), HypervisorFacts);

/** What hypervisors said of themselves when they answered last, by name. */
export interface RememberedFacts {
  readonly of: (hypervisor: string) => HypervisorFacts | undefined;
  /** Keeps what those that answered have said; the others keep what they had. Never fails: it is only a memory. */
  readonly keep: (facts: Readonly<Record<string, HypervisorFacts>>) => void;
}

/**
 * The facts that one stack remembers, in `.guest-farm/<stack>/facts.json` of the program's folder. Without them, as in
 * a new checkout, guests of a hypervisor that does not answer are not placed; with them they stay where they are.
 */
export function rememberedFacts(programFolder: string, stack: string): RememberedFacts {
  const folder = join(programFolder, ".guest-farm", fileSlug(stack));
  const file = join(folder, "facts.json");
  const before = read(file);
  return {
    of: (hypervisor) => (Object.hasOwn(before, hypervisor) ? before[hypervisor] : undefined),
    keep: (facts) => {
      const text = `${JSON.stringify({ ...before, ...facts }, null, 2)}\n`;
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(`${file}.${process.pid}`, text);
        renameSync(`${file}.${process.pid}`, file);
      } catch {
        // A folder that cannot be written to is told by what needs it.
      }
    },
  };
}

function read(file: string): Readonly<Record<string, HypervisorFacts>> {
  try {
    return Remembered.safeParse(JSON.parse(readFileSync(file, "utf8"))).data ?? {};
  } catch {
    return {};
  }
}
