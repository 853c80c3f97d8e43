import { createHash } from "node:crypto";
import { posix } from "node:path";
import { z } from "zod";
import type { ImageSource } from "../../definitions/images";
import type { HypervisorHost } from "../host";
import { cachePaths } from "./cache-paths";
import { SourceUnreachableError } from "./script-failure";

/** How long a server that could not be reached is not asked again. */
const REMEMBERED_MS = 3_600_000;

const Memory = z.object({ since: z.string(), reason: z.string() });

/** Why the server of a source could not be reached within the last hour; null: it may be asked. */
async function unreachableLately(host: HypervisorHost, source: ImageSource): Promise<string | null> {
  const path = memoryPath(host, source);
  const text = path === null ? null : await host.files.read(path);
  if (text === null) return null;
  try {
    const { since, reason } = Memory.parse(JSON.parse(text));
    return Date.now() - Date.parse(since) < REMEMBERED_MS ? reason : null;
  } catch {
    return null;
  }
}

/** Remembers that the server of a source could not be reached. */
async function rememberUnreachable(host: HypervisorHost, source: ImageSource, reason: string): Promise<void> {
  const path = memoryPath(host, source);
  if (path === null) return;
  await host.files.mkdir(posix.dirname(path), "0755");
  await host.files.writeAtomic(path, JSON.stringify({ since: new Date().toISOString(), reason }), "0644");
}

/**
 * Does work that needs a source for which another one can stand in. Why the source cannot be reached is remembered.
 *
 * @param ask whether a server that could not be reached lately is asked again
 * @returns what the work gives; `unreachable`: why the source cannot be reached.
 */
export async function unlessUnreachable<T>(
  host: HypervisorHost,
  source: ImageSource,
  ask: boolean,
  work: () => Promise<T>,
): Promise<{ readonly made: T } | { readonly unreachable: string }> {
  const known = ask ? null : await unreachableLately(host, source);
  if (known !== null) return { unreachable: known };
  try {
    return { made: await work() };
  } catch (error) {
    if (!(error instanceof SourceUnreachableError)) throw error;
    await rememberUnreachable(host, source, error.message);
    return { unreachable: error.message };
  }
}

/** All addresses of a server share one memory. */
function memoryPath(host: HypervisorHost, source: ImageSource): string | null {
  if (source.kind !== "url" || !URL.canParse(source.url)) return null;
  const server = createHash("sha256").update(new URL(source.url).origin).digest("hex").slice(0, 32);
  return cachePaths(host.spec.imageCachePath).unreachable(server);
}
