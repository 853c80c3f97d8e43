import { SetupError } from "../lib/console.mjs";
import { findInstalled } from "../lib/places.mjs";
import { run } from "../lib/run.mjs";

/**
 * Builds a program from a Go module committed under `toolchain/`, with the modules and checksums that it pins.
 *
 * @param {object} build
 * @param {string} build.module the module's folder
 * @param {string} build.program the package to build
 * @param {string} build.output the file to make
 * @param {string} [build.linkerFlags]
 * @param {(line: string) => void} report
 */
export async function buildGo({ module, program, output, linkerFlags = "" }, report) {
  if (!findInstalled("go")) {
    throw new SetupError(
      "Go is not installed, and without it this part cannot be built",
      "Install Go 1.25 or newer.",
    );
  }
  const args = [
    "build",
    "-buildvcs=false",
    "-mod=readonly",
    "-trimpath",
    "-ldflags",
    `-s -w ${linkerFlags}`.trim(),
  ];
  await run("go", [...args, "-o", output, program], {
    cwd: module,
    env: { ...process.env, CGO_ENABLED: "0" },
    report,
    remedy: "The Go module proxy must be reachable for the first build.",
  });
}
