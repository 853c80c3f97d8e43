import { posix } from "node:path";
import type { HypervisorHost } from "../host";
import { REFERENCES_SCRIPT } from "./references-script";

/** Something that names an image of the cache. */
export interface ImageReference {
  readonly digest: string;
  readonly kind: "file" | "domain" | "process";
  /** Path of the file, name of the domain, id of the process. */
  readonly place: string;
}

/** What refers to the images of a hypervisor's cache. */
export interface ImageReferences {
  readonly references: readonly ImageReference[];
  /** What could not be looked at. Unless this is empty, no image may be called unused. */
  readonly problems: readonly string[];
}

/** Looking reads the beginning of every disk file. */
const TIMEOUT_MS = 600_000;

/**
 * Finds what refers to images: overlays, records and memory files, domains, running programs, whoever they belong
 * to. Changes nothing.
 */
export async function findReferences(
  host: HypervisorHost,
  digests: readonly string[],
): Promise<ImageReferences> {
  if (digests.length === 0) return { references: [], problems: [] };
  const { imageCachePath, diskPoolPath, uri } = host.spec;
  const folders = [imageCachePath, diskPoolPath].map((path) => posix.normalize(path).replace(/\/$/, ""));
  const output = await host.shell.output({
    argv: ["sh", "-c", REFERENCES_SCRIPT, "sh", ...folders, uri, ...digests],
    timeoutMs: TIMEOUT_MS,
  });
  const lines = [...new Set(output.split("\n"))];
  return {
    references: lines.flatMap((line) => {
      const [, kind, digest, place] = /^(file|domain|process) ([0-9a-f]{64}) (.*)$/.exec(line) ?? [];
      return kind === undefined || digest === undefined || place === undefined
        ? []
        : [{ kind: kind as ImageReference["kind"], digest, place }];
    }),
    problems: lines.flatMap((line) =>
      line.startsWith("problem ") ? [line.slice("problem ".length).trim()] : [],
    ),
  };
}

/**
 * Who refers to an image, for people: a guest once, however many of its files do; else the file, domain or process.
 * @param diskPoolPath folder of the guests' folders
 */
export function usersOf(references: readonly ImageReference[], diskPoolPath: string): readonly string[] {
  const users = references.map(({ kind, place }) => {
    if (kind === "process") return `process ${place}`;
    if (kind === "domain") return `guest ${place}`;
    const [folder = "", ...inside] = posix.relative(diskPoolPath, place).split("/");
    return folder === ".." || inside.length === 0 ? place : `guest ${folder}`;
  });
  return [...new Set(users)].sort();
}
