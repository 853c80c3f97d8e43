// Makes the package findable by its own name from anywhere below its `node_modules`: the provider process of dynamic
// resources starts there, and looks for `guest-farm` as it would in a project that has it installed.
import { existsSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const link = join(dirname(dirname(fileURLToPath(import.meta.url))), "node_modules", "guest-farm");
if (!existsSync(link)) symlinkSync("..", link, "dir");
