import { UserError } from "../../../definitions/user-error";
import type { Workshop } from "../workshop";

/** @throws UserError when a downloaded file is a web page: a login, an error, a proxy's message. */
export async function refuseWebPage(workshop: Workshop, path: string, url: string): Promise<void> {
  const start = await workshop.host.shell.output({ argv: ["head", "-c", "300", "--", path] });
  if (!/^\s*(<!doctype html|<html|<\?xml[^>]*>\s*<(!doctype )?html)/i.test(start)) return;
  throw new UserError({
    what: `the server sends a web page instead of ${url}; the cache stays as it was`,
    found: start.replace(/\s+/g, " ").trim().slice(0, 100),
    remedy: "open the address in a browser: it may want a login, or be wrong",
  });
}
