import type { Mistakes } from "../../definitions/source/mistakes";
import { UserError } from "../../definitions/user-error";

/** Waits for a step; the mistakes that it ends with are kept, and undefined is returned. */
export async function attempt<T>(mistakes: Mistakes, step: () => Promise<T>): Promise<T | undefined> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    error.mistakes.forEach((mistake) => mistakes.add(mistake));
    return undefined;
  }
}
