import { type ProcessEntry, type ReadProcess, readProcess } from "./process-table";

/** The program that a run belongs to. */
const ENGINE = "pulumi";
const LOOK_EVERY_MS = 1_000;

/**
 * The processes that a run must not outlive: the parent and its parents, up to the engine. Without an engine (a run
 * by hand) only the parent counts: beyond it are shells and sessions that have nothing to do with the run.
 */
export function watchedAncestors(parent: number, read: ReadProcess = readProcess): readonly ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (let pid = parent; pid > 1;) {
    const entry = read(pid);
    if (entry === null) break;
    found.push(entry);
    if (entry.name === ENGINE) return found;
    pid = entry.parent;
  }
  return found.slice(0, 1);
}

/** The first of the processes that is gone, or null. */
export function firstGone(
  watched: readonly ProcessEntry[],
  read: ReadProcess = readProcess,
): ProcessEntry | null {
  return watched.find((entry) => read(entry.pid)?.startedAt !== entry.startedAt) ?? null;
}

/** Calls back once when one of the processes is gone; keeps nobody from ending. Returns what ends the watch. */
export function watchAncestors(
  watched: readonly ProcessEntry[],
  onGone: (gone: ProcessEntry) => void,
  everyMs: number = LOOK_EVERY_MS,
): () => void {
  const timer = setInterval(() => {
    const gone = firstGone(watched);
    if (gone === null) return;
    clearInterval(timer);
    onGone(gone);
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}
