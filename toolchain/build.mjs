// `npm run build`, and with it `npm pack`: compiles the sources into `dist/`.

import { SetupError, warn } from "./lib/console.mjs";
import { build } from "./parts/build.mjs";

build().catch((error) => {
  warn(error instanceof SetupError ? error.message : String(error?.stack ?? error));
  process.exitCode = 1;
});
