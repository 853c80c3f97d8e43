import { readFileSync } from "node:fs";
import { watchAncestors, watchedAncestors } from "../../connections/process/ancestors";
import { UserError } from "../../definitions/user-error";
import { openHypervisor } from "../../hypervisor/host";
import { ensureStep } from "../../hypervisor/images/ensure-step";
import { ImageStepSpec, WaitingStep } from "./spec";

/**
 * The command of every source and step of an image, as `node -e 'require("guest-farm/image-step").main()'`: reads from
 * standard input which, and has its result in the image cache of a hypervisor. Ends with 1 when that cannot be done.
 */
export async function main(): Promise<void> {
  // The reader may be gone (a killed provider): that ends the step by its ancestors, not by a crash.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const stop = stopsWithEngine();
  try {
    say(await runStep(readFileSync(0, "utf8"), stop.signal));
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${messageOf(stop.signal.aborted ? stop.signal.reason : error)}\n`);
  } finally {
    stop.end();
  }
}

async function runStep(text: string, signal: AbortSignal): Promise<string> {
  const data = parseJson(text);
  const waiting = WaitingStep.safeParse(data);
  if (waiting.success) return `waits for stage ${waiting.data.waitsForStage}: nothing is done now`;
  const { hypervisor, image, hasFallback } = ImageStepSpec.parse(data);
  const host = openHypervisor(hypervisor);
  try {
    const observer = { progress: say, warning: (warning: string) => say(`warning: ${warning}`) };
    return await ensureStep(host, image, observer, { hasFallback, signal });
  } finally {
    await host.close();
  }
}

/** Aborted by a signal, and when the engine or its provider is gone: then nobody waits for the step any more. */
function stopsWithEngine(): { readonly signal: AbortSignal; end(): void } {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals) => stop.abort(new UserError({ what: `stopped by ${name}` }));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, onSignal);
  const unwatch = watchAncestors(watchedAncestors(process.ppid), ({ name, pid }) =>
    stop.abort(new UserError({ what: `${name} (pid ${pid}) has ended: the step is stopped` })),
  );
  return {
    signal: stop.signal,
    end: () => {
      unwatch();
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What goes wrong here is on a hypervisor or in a definition: where in this program it was noticed helps nobody. */
function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError({ what: "what to do, on standard input, is not JSON" });
  }
}
