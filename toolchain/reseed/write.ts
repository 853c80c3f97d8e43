import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildHelper, compilerOf, HELPER_ARCHITECTURES } from "./build";

const FILE = resolve(__dirname, "../../connections/guest/reseed/helpers.ts");
const HEAD = `/**
 * The program of \`helper.c\` for each architecture, in base64, and the compiler that made it; its fresh bytes are to be
 * put at the end. Written by \`make reseed-helpers\`; a test compiles it again and compares.
 */
export const HELPERS = {
`;
const WIDTH = 96;

function entry(architecture: (typeof HELPER_ARCHITECTURES)[number]): string {
  const compiler = compilerOf(architecture);
  if (compiler === null) {
    throw new Error(`no compiler for ${architecture}: see docs/decisions/036-fresh-random-numbers.md`);
  }
  const program = buildHelper(architecture).toString("base64");
  const lines = program.match(new RegExp(`.{1,${WIDTH}}`, "g")) ?? [];
  const text = lines.map((line) => `"${line}"`).join(" +\n      ");
  return `  ${architecture}: {\n    compiler: ${JSON.stringify(compiler)},\n    program:\n      ${text},\n  },\n`;
}

writeFileSync(FILE, `${HEAD}${HELPER_ARCHITECTURES.map(entry).join("")}} as const;\n`);
