import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { digestOf } from "../definitions/canonical-json";
import { HypervisorFacts } from "../definitions/placement/facts";
import type { ResolvedHypervisor } from "../definitions/resolved";
import { stackFolder } from "../hypervisor/controller-files";

const Remembered = z.record(z.string(), HypervisorFacts);

/** What was asked: another machine under the same name is another one. */
export type AskedHypervisor = Pick<ResolvedHypervisor, "name" | "connection" | "uri">;

/** What hypervisors said of themselves when they answered last. */
export interface RememberedFacts {
  readonly of: (hypervisor: AskedHypervisor) => HypervisorFacts | undefined;
  /** Keeps what those that answered have said; the others keep what they had. Never fails: it is only a memory. */
  readonly keep: (answers: readonly (readonly [AskedHypervisor, HypervisorFacts])[]) => void;
}

/**
 * The facts that one stack remembers, in `facts.json` of its folder. Without them, as in a new checkout, guests of a
 * hypervisor that does not answer are not placed; with them they stay where they are.
 */
export function rememberedFacts(programFolder: string, stack: string): RememberedFacts {
  const folder = stackFolder(programFolder, stack);
  const file = join(folder, "facts.json");
  const before = read(file);
  return {
    of: (hypervisor) => {
      const key = keyOf(hypervisor);
      if (Object.hasOwn(before, key)) return before[key];
      // From before keys said what was asked: it counts until any machine of that name has answered.
      return Object.hasOwn(before, hypervisor.name) ? before[hypervisor.name] : undefined;
    },
    keep: (answers) => {
      const answered = new Set(answers.map(([{ name }]) => name));
      const others = Object.entries(before).filter(([key]) => !answered.has(key));
      const fresh = answers.map(([hypervisor, facts]) => [keyOf(hypervisor), facts] as const);
      const text = `${JSON.stringify(Object.fromEntries([...others, ...fresh]), null, 2)}\n`;
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
        renameSync(`${file}.${process.pid}`, file);
      } catch {
        // A folder that cannot be written to is told by what needs it.
      }
    },
  };
}

function keyOf({ name, connection, uri }: AskedHypervisor): string {
  return `${name} ${digestOf({ connection, uri }).slice(0, 16)}`;
}

function read(file: string): Readonly<Record<string, HypervisorFacts>> {
  try {
    return Remembered.safeParse(JSON.parse(readFileSync(file, "utf8"))).data ?? {};
  } catch {
    return {};
  }
}
