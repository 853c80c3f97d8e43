import * as pulumi from "@pulumi/pulumi";

/** Exit code of a program whose errors its user has been told already; from `cmd/run` of Pulumi's SDK for Node. */
const ALREADY_TOLD = 32;
/** `pulumirpc.Result.SUCCESS`. */
const SUCCESS = 0;

const watched = new WeakSet<object>();

/** What Pulumi's SDK hears of a registration. */
type Answer = (error: unknown, response: { readonly getResult?: () => number } | undefined) => void;

/**
 * Has an update in which something failed delete nothing that the program no longer names; the next one that passes does.
 * With `--continue-on-error` the engine would go on to delete it, also where a resource that was skipped because of the
 * failure still depends on it in the state: such a state is not valid, and no update reads it any more. An engine whose
 * program ends with an error deletes nothing.
 */
export function deleteNothingAfterFailure(): void {
  const monitor = pulumi.runtime.getMonitor();
  if (monitor === undefined || watched.has(monitor)) return;
  watched.add(monitor);
  const register = monitor.registerResource.bind(monitor) as (...args: unknown[]) => unknown;
  const watching = (...args: unknown[]) => {
    const answer = args.at(-1) as Answer;
    return register(...args.slice(0, -1), ((error, response) => {
      if ((response?.getResult?.() ?? SUCCESS) !== SUCCESS) process.exitCode = ALREADY_TOLD;
      answer(error, response);
    }) satisfies Answer);
  };
  monitor.registerResource = watching as typeof monitor.registerResource;
}
