// Writes sdks/libvirt from the libvirt plugin: its schema, the SDK in TypeScript, and of that what runs.
// Needed only when toolchain/libvirt-plugin changes; the result is committed.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { step } from "./lib/console.mjs";
import { checkout, filesOf, toolchain, versions } from "./lib/places.mjs";
import { run } from "./lib/run.mjs";

const target = join(checkout, "sdks", "libvirt");
const plugin = join(toolchain, "libvirt-plugin");
const schemaFolder = join(plugin, "cmd", "pulumi-resource-libvirt");
const env = { ...process.env, CGO_ENABLED: "0" };

/** @param {string} work */
async function generate(work) {
  await step("writing the schema of the libvirt plugin", (report) =>
    run("go", ["run", "-buildvcs=false", "./cmd/pulumi-tfgen-libvirt", "schema", "--out", schemaFolder], {
      cwd: plugin,
      env,
      report,
    }),
  );
  await step("writing the SDK", (report) =>
    run(
      "go",
      ["run", "-buildvcs=false", "./generate-sdk", join(schemaFolder, "schema.json"), versions.libvirt, work],
      { cwd: join(toolchain, "engine"), env, report },
    ),
  );
}

/**
 * Compiles with the checkout's TypeScript and SDK. Sources and maps stay behind: a program that uses the package would
 * otherwise compile its sources again.
 * @param {string} work
 */
async function compile(work) {
  symlinkSync(join(checkout, "node_modules"), join(work, "node_modules"));
  const flags = ["--declarationMap", "false", "--sourceMap", "false"];
  await step("compiling the SDK", () => run(join(checkout, "node_modules/.bin/tsc"), ["-p", work, ...flags]));
}

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

/** @param {string} work */
function publish(work) {
  rmSync(target, { recursive: true, force: true });
  const built = join(work, "bin");
  for (const file of filesOf(built)) {
    const to = join(target, relative(built, file));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(file, to);
  }
  const { name, version, description, repository, license, pulumi } = readJson(join(work, "package.json"));
  // No dependency on the Pulumi SDK is said here, not even as a peer: npm would bundle that too, and a second copy in one
  // process does not know the first one's resources. It is found because guest-farm depends on it.
  const manifest = {
    name,
    version,
    description,
    repository,
    license,
    pulumi,
    main: "index.js",
    types: "index.d.ts",
  };
  writeFileSync(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  cpSync(join(work, "README.md"), join(target, "README.md"));
}

const work = mkdtempSync(join(tmpdir(), "guest-farm-sdk-"));
try {
  await generate(work);
  await compile(work);
  publish(work);
} finally {
  rmSync(work, { recursive: true, force: true });
}
