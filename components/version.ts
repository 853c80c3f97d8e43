import { readFileSync } from "node:fs";
import { z } from "zod";

/** Version of the installed package, part of every owner mark. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(require.resolve("guest-farm/package.json"), "utf8"))).version;
