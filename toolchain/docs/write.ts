import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentsReference } from "./components-reference";

/** Writes `docs/components.md` anew. */
writeFileSync(join(__dirname, "../../docs/components.md"), componentsReference());
