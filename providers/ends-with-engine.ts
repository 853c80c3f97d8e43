import { watchAncestors, watchedAncestors } from "../connections/process/ancestors";
import type { ResourceHandler } from "./resource-handler";

let calls = 0;
let orphaned = false;
let watching = false;

/**
 * Has the process of dynamic providers end when the engine is gone: an engine that is killed tells nobody, and the
 * process would stay for good. A call under way is finished first, so that nothing is left half made.
 */
export function endsWithEngine(handler: ResourceHandler): ResourceHandler {
  return {
    check: (olds, news) => counted(() => handler.check(olds, news)),
    diff: (id, olds, news) => counted(() => handler.diff(id, olds, news)),
    create: (inputs) => counted(() => handler.create(inputs)),
    read: (id, props) => counted(() => handler.read(id, props)),
    update: (id, olds, news) => counted(() => handler.update(id, olds, news)),
    delete: (id, props) => counted(() => handler.delete(id, props)),
  };
}

async function counted<T>(call: () => Promise<T>): Promise<T> {
  watch();
  calls += 1;
  try {
    return await call();
  } finally {
    calls -= 1;
    endIfOrphaned();
  }
}

function watch(): void {
  if (watching) return;
  watching = true;
  watchAncestors(watchedAncestors(process.ppid), () => {
    orphaned = true;
    endIfOrphaned();
  });
}

function endIfOrphaned(): void {
  if (orphaned && calls === 0) process.exit(1);
}
