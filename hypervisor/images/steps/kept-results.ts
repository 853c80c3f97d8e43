import { z } from "zod";
import type { HypervisorHost } from "../../host";
import { cachePaths } from "../cache-paths";
import { KeptResult } from "./kept-result";

/** What a source or a step gave, as it lies in a cache. */
export interface KeptEntry extends Pick<KeptResult, "name" | "step"> {
  /** Digest of all that it was made from. */
  readonly key: string;
  /** Bytes that become free when it goes: what a finished image shares with it stays. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

/** Prints `key seconds bytes description` of each. */
const LIST = `
cd "$1" 2>/dev/null || exit 0
for kept in *; do
  [ -f "$kept/result.json" ] || continue
  bytes=$(find "$kept" -type f -links 1 -printf '%b\\n' | awk '{ sum += $1 } END { print sum * 512 }')
  printf '%s %s %s ' "$kept" "$(stat -c %Y "$kept")" "$bytes"
  tr -d '\\n' < "$kept/result.json"
  echo
done
true
`;

const Line = z.tuple([z.string().regex(/^[0-9a-f]{64}$/), z.coerce.number(), z.coerce.number()]);

/** All that steps have left for others in a cache, the latest used first. Changes nothing. */
export async function listKept(host: HypervisorHost): Promise<readonly KeptEntry[]> {
  const { keptResults } = cachePaths(host.spec.imageCachePath);
  const text = await host.shell.output({ argv: ["sh", "-c", LIST, "sh", keptResults] });
  return text
    .split("\n")
    .flatMap((line) => parseLine(line) ?? [])
    .sort((a, b) => b.usedAt - a.usedAt);
}

/** Removes some; whoever has taken one keeps it. */
export async function removeKept(host: HypervisorHost, entries: readonly KeptEntry[]): Promise<void> {
  const paths = cachePaths(host.spec.imageCachePath);
  await host.files.remove(...entries.map(({ key }) => paths.keptResult(key)));
}

function parseLine(line: string): KeptEntry | null {
  const [, head = "", json = ""] = /^(\S+ \S+ \S+) (.*)$/.exec(line) ?? [];
  const start = Line.safeParse(head.split(" "));
  if (!start.success) return null;
  const [key, seconds, size] = start.data;
  try {
    const { name, step } = KeptResult.parse(JSON.parse(json));
    return { key, name, step, size, usedAt: seconds * 1000 };
  } catch {
    return { key, name: "?", step: "cannot be read", size, usedAt: seconds * 1000 };
  }
}
