import { type KnownProject, loadPhases } from "../components/project/load-phases";
import type { PlacedGuest } from "../definitions/placement/place-farm";
import { formatMistake, type Mistake, UserError } from "../definitions/user-error";

/**
 * Reads the phase files of all guests before anything is registered, so that a mistake in one of them leaves nothing
 * half done. Secrets need not be known: no path and no name depends on them.
 *
 * @throws UserError with every mistake, each once, however many guests share the file.
 */
export async function checkPhases(guests: readonly PlacedGuest[], project: KnownProject): Promise<void> {
  const mistakes = new Map<string, Mistake>();
  for (const guest of guests) {
    try {
      await loadPhases(guest, guest.hypervisor, project);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      for (const mistake of error.mistakes) mistakes.set(formatMistake(mistake), mistake);
    }
  }
  if (mistakes.size > 0) throw new UserError([...mistakes.values()]);
}
